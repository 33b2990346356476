package reconcile

import (
	"context"
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/topology"
)

// events compares the records of `events` with rows and dead letters.
func (c *run) events(ctx context.Context) error {
	if !c.cut.reached[c.Flow.sink().Group] {
		return nil // noted
	}
	c.tell("comparing hours")
	first := c.Flow.events()
	var hours []time.Time
	for h := c.Since; !h.After(c.now); h = h.Add(time.Hour) {
		hours = append(hours, h)
	}
	bounds, err := c.Broker.OffsetsAt(ctx, first.Topic, hours)
	if err != nil {
		return err
	}
	parts := c.cut.at[first.Group].Partitions
	logs, floors := make([]Log, len(parts)), make([]int64, len(parts))
	for i, p := range parts {
		logs[i] = Log{
			Partition: p.Partition, Start: p.Start, Cut: max(p.Committed, 0), Bounds: bounds[p.Partition], Accounting: p.Meta.Accounting,
			Again: p.Meta.Epoch > 0,
		}
		c.checkLog(&logs[i], hours)
		if logs[i].Again {
			floors[i] = c.firstHour(&logs[i], hours).UnixMilli()
		}
	}
	rows, err := c.Table.Roots(ctx, logs, floors)
	if err != nil {
		return fmt.Errorf("counting rows: %w", err)
	}
	dead, all, err := c.letters(ctx, logs, floors)
	if err != nil {
		return err
	}
	for i := range logs {
		found, findings := logs[i].hours(hours, c.floor, rows[i], dead[i])
		c.Hours = append(c.Hours, found...)
		c.add(first.Topic, findings)
		c.total(&logs[i], rows[i], dead[i], all)
	}
	return c.refusedLater(ctx, logs)
}

func (c *run) add(topic string, findings []Finding) {
	for _, f := range findings {
		f.Topic = topic
		c.Findings = append(c.Findings, f)
	}
}

// checkLog notes from which hour on a partition can be compared, if that is not the first.
func (c *run) checkLog(l *Log, hours []time.Time) {
	if first := c.firstHour(l, hours); first.After(hours[0]) {
		c.note("%s/%d is not comparable before %s: the topic holds nothing older", c.Flow.events().Topic, l.Partition, first.Format(time.RFC3339))
	}
}

// firstHour is the first hour that the log holds as a whole; the one after all of them if none.
func (c *run) firstHour(l *Log, hours []time.Time) time.Time {
	for i, h := range hours {
		if l.holds(i) {
			return h
		}
	}
	return hours[len(hours)-1].Add(time.Hour)
}

// letters counts records with a dead letter per partition and slot, and says whether that is all letters there ever were.
func (c *run) letters(ctx context.Context, logs []Log, floors []int64) (dead []map[int]int64, all bool, err error) {
	dead = make([]map[int]int64, len(logs))
	seen := make([]map[int64]bool, len(logs))
	for i := range logs {
		dead[i], seen[i] = map[int]int64{}, map[int64]bool{}
	}
	all, err = c.Topics.EachLetter(ctx, string(topology.EventsDLQ), c.Flow.events().Topic, c.Since, func(l Letter) {
		i := int(l.Partition)
		if i >= len(logs) || l.Offset >= logs[i].Cut || l.Appended < floors[i] || seen[i][l.Offset] {
			return
		}
		seen[i][l.Offset] = true
		dead[i][logs[i].slot(l.Offset)]++
	})
	return dead, all, err
}

// total compares all rows of a partition with the accounting, where that covers all of them.
func (c *run) total(l *Log, rows map[int]Slot, dead map[int]int64, allLetters bool) {
	var n, letters int64
	for _, s := range rows {
		n += s.Rows
	}
	for _, d := range dead {
		letters += d
	}
	t, findings := l.total(n, letters, allLetters)
	switch {
	case l.Again || l.Cut != l.Accounting.In:
		c.note("the total of %s/%d is not comparable: its accounting does not begin with the topic's first record", c.Flow.events().Topic, l.Partition)
		t.Compared, findings = false, nil
	case c.older > 0: // noted
		t.Compared, findings = false, nil
	case c.Keep.PostEvents > 0 && n < l.Accounting.Applied:
		c.note("the total of %s/%d is not comparable: %d rows may be past the retention of post_events", c.Flow.events().Topic, l.Partition, l.Accounting.Applied-n)
		t.Compared, findings = false, nil
	}
	c.Totals = append(c.Totals, t)
	c.add(c.Flow.events().Topic, findings)
}
