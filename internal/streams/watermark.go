package streams

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// How often Kafka is asked where tables end, for how long, and after what time an end that views do not come to is given up:
// it may be that of a topic that is no more.
const (
	watermarkEvery   = time.Second
	watermarkTimeout = 5 * time.Second
	watermarkGivesUp = 30 * time.Second
)

// watermarkSlack is how far behind a watermark may be while all is well, several times what Kafka takes to answer.
const watermarkSlack = 3 * time.Second

// Watermark knows of views until when they have all that their tables had. It says nothing of the groups that write these.
type Watermark struct {
	inspector *Inspector
	now       func() time.Time
	metrics   *WatermarkMetrics

	views []*watched
	least atomic.Int64 // Unix ns: of all views
}

type watched struct {
	table string
	view  *View
	until atomic.Int64 // Unix ns
}

// NewWatermark returns a watermark of no views. now is the clock, metrics may be nil.
func NewWatermark(inspector *Inspector, now func() time.Time, metrics *WatermarkMetrics) *Watermark {
	w := &Watermark{inspector: inspector, now: now, metrics: metrics}
	w.least.Store(now().UnixNano())
	return w
}

// Add adds a view of a table, whose watermark is now at first. It is to be called before Run.
func (w *Watermark) Add(table string, v *View) {
	one := &watched{table: table, view: v}
	one.until.Store(w.now().UnixNano())
	w.views = append(w.views, one)
}

// Until returns the watermark of the view of a table that was added.
func (w *Watermark) Until(table string) time.Time {
	i := slices.IndexFunc(w.views, func(v *watched) bool { return v.table == table })
	return time.Unix(0, w.views[i].until.Load())
}

// Now is the clock, but that it stands still 3 s after the moment until which all views are known to have had everything: what
// they answer is of then.
func (w *Watermark) Now() time.Time {
	now, known := w.now(), time.Unix(0, w.least.Load()).Add(watermarkSlack)
	if known.Before(now) {
		return known
	}
	return now
}

// Run asks again and again, until ctx ends.
func (w *Watermark) Run(ctx context.Context) error {
	tick := time.NewTicker(watermarkEvery)
	defer tick.Stop()
	var ends map[string][]int64
	var asked time.Time
	for {
		if ends == nil || w.reached(ends, asked) || w.now().Sub(asked) > watermarkGivesUp {
			at := w.now()
			if newest, err := w.ask(ctx); err == nil { // else what is known stands, and the inspector's other users tell
				ends, asked = newest, at
				w.reached(ends, asked)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

func (w *Watermark) ask(ctx context.Context) (map[string][]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, watermarkTimeout)
	defer cancel()
	tables := make([]string, len(w.views))
	for i, v := range w.views {
		tables[i] = v.table
	}
	return w.inspector.Newest(ctx, tables...)
}

// reached moves the watermarks of the views that have read up to where their tables ended then, and reports whether all have.
func (w *Watermark) reached(ends map[string][]int64, then time.Time) bool {
	all, least := true, then.UnixNano()
	for _, v := range w.views {
		lag := unread(v.view.Read(), ends[v.table])
		if lag == 0 && v.view.Recovered() {
			v.until.Store(max(v.until.Load(), then.UnixNano()))
		} else {
			all = false
		}
		least = min(least, v.until.Load())
		w.metrics.set(v.table, lag, time.Unix(0, v.until.Load()))
	}
	w.least.Store(max(least, w.least.Load()))
	return all
}

// unread returns how many offsets lie between what was read and the ends.
func unread(read, ends []int64) (n int64) {
	for p, end := range ends {
		at := int64(-1)
		if p < len(read) {
			at = read[p]
		}
		n += max(0, end-at)
	}
	return n
}
