package ranking

import (
	"math"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// entry is a post of the index: its buckets, and what a reader sees of them from `from` until just before `until`.
type entry struct {
	item    Item
	buckets []engagement.Bucket // ascending by Start, never empty
	from    int64               // Unix ms
	until   int64               // Unix ms, exclusive
}

// forget makes the next look count the buckets anew.
func (e *entry) forget() { e.until = math.MinInt64 }

// look brings the item up to now.
func (e *entry) look(w engagement.Window, weights engagement.Weights, now int64) {
	if e.from <= now && now < e.until {
		return
	}
	e.item.Counts, e.item.Last = w.Sum(e.buckets, now)
	e.item.Score = weights.Score(e.item.Counts)
	e.from, e.until = steady(w, e.buckets, now)
}

// steady returns the stretch of time around now in which no bucket enters or leaves the window. A bucket enters at its
// start and leaves one window length later.
func steady(w engagement.Window, buckets []engagement.Bucket, now int64) (from, until int64) {
	from, until = math.MinInt64, math.MaxInt64
	for _, b := range buckets {
		for _, edge := range [...]int64{b.Start, b.Start + w.Length.Milliseconds()} {
			if edge <= now {
				from = max(from, edge)
			} else {
				until = min(until, edge)
			}
		}
	}
	return from, until
}

// over reports, after a look, whether the window has left all buckets behind: no edge is ahead.
func (e *entry) over() bool { return e.until == math.MaxInt64 }
