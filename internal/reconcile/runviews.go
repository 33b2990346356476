package reconcile

import (
	"context"
	"fmt"
	"time"
)

const (
	stats   = "post_stats_24h"
	minutes = "post_engagement_minutely" // of which it is made
)

// views compares each view with what it is made of.
func (c *run) views(ctx context.Context) error {
	names := []string{stats}
	for _, r := range rollUps {
		names = append(names, r.table)
	}
	has, err := c.Table.Has(ctx, names...)
	if err != nil {
		return fmt.Errorf("looking for the views: %w", err)
	}
	if len(has) == 0 {
		c.viewed("skipped, there are none: nova migrate makes them")
		return nil
	}
	for _, r := range rollUps {
		if !has[r.table] {
			c.missing(r.table)
		} else if err := c.rollUp(ctx, r); err != nil {
			return err
		}
	}
	switch {
	case !has[stats]:
		c.missing(stats)
	case has[minutes]:
		return c.stats(ctx)
	}
	return nil
}

// missing says that a table is gone that migrations make.
func (c *run) missing(view string) {
	c.Findings = append(c.Findings, Finding{Kind: View, Partition: -1, First: -1, Last: -1, Happened: true, Detail: view + " is gone, and others are there"})
}

// unseen says that something of a view was not compared.
func (c *run) unseen(format string, args ...any) {
	c.note(format, args...)
	c.Settled = false
}

func (c *run) viewed(format string, args ...any) {
	c.Views = append(c.Views, fmt.Sprintf(format, args...))
}

// rollUp compares a roll-up with the rows.
func (c *run) rollUp(ctx context.Context, r rollUp) error {
	c.tell("comparing " + r.table + " with the rows")
	since := c.kept(c.Keep.PostEvents, r.keep(c.Keep))
	begins, suspects, err := c.Table.RollUpSuspects(ctx, r, since)
	if err != nil {
		return fmt.Errorf("comparing %s with the rows: %w", r.table, err)
	}
	if more := suspects - int64(len(begins)); more > 0 {
		c.unseen("%s: %d more hours or minutes may differ and were not looked at post by post", r.table, more)
	}
	var found Differing
	if len(begins) > 0 {
		committed := make([]int64, len(c.sink().Partitions))
		for i, p := range c.sink().Partitions {
			committed[i] = max(p.Committed, 0)
		}
		if found, err = c.Table.RollUpDiffers(ctx, r, since, begins, c.id, committed); err != nil {
			return fmt.Errorf("comparing %s with the rows by post: %w", r.table, err)
		}
	}
	if found.Places > 0 {
		now, err := c.Table.RollUpRows(ctx, r, since, found.Some)
		if err != nil {
			return fmt.Errorf("counting rows again: %w", err)
		}
		found = found.still(now)
	}
	c.differs(found, r.table, "rows", func(begin int64) (from, to time.Time) {
		from = time.Unix(begin, 0).UTC()
		return from, from.Add(r.length)
	})
	c.viewed("%s: compared from %s on", r.table, since.Format(time.RFC3339))
	return nil
}

// kept is the begin of the first hour looked at of which nothing has gone for its age, nor will within the hour.
func (c *run) kept(keep ...time.Duration) time.Time {
	since := c.Since
	for _, k := range keep {
		if k == 0 {
			continue
		}
		if oldest := c.now.Add(-k).Truncate(time.Hour).Add(2 * time.Hour); oldest.After(since) {
			since = oldest
		}
	}
	return since
}

// maxStats is how often statistics are compared that are made anew meanwhile.
const maxStats = 5

// stats compares the statistics of 24 hours with the minutes they are made of, as of when they were made.
func (c *run) stats(ctx context.Context) error {
	c.tell("comparing " + stats + " with its minutes")
	for range maxStats {
		refreshed, err := c.Table.StatsRefreshed(ctx)
		if err != nil {
			return fmt.Errorf("asking when %s was made: %w", stats, err)
		}
		if refreshed == 0 {
			return c.emptyStats(ctx)
		}
		at := time.Unix(refreshed, 0).UTC()
		from := at.Add(-24 * time.Hour).Truncate(time.Minute)
		if keep := c.Keep.PostEngagementMinutely; keep > 0 && from.Before(c.now.Add(time.Hour-keep)) {
			c.viewed("%s: skipped, it is as of %s, and its minutes may be past their retention", stats, at.Format(time.RFC3339))
			return nil
		}
		found, err := c.Table.StatsDiffer(ctx, refreshed)
		if err != nil {
			return fmt.Errorf("comparing %s with its minutes: %w", stats, err)
		}
		if again, err := c.Table.StatsRefreshed(ctx); err != nil {
			return fmt.Errorf("asking when %s was made: %w", stats, err)
		} else if again != refreshed {
			continue
		}
		if found.Places > 0 {
			now, err := c.Table.StatsMinutes(ctx, refreshed, found.Some)
			if err != nil {
				return fmt.Errorf("adding up minutes again: %w", err)
			}
			found = found.still(now)
		}
		c.differs(found, stats, "minutes", func(int64) (time.Time, time.Time) { return from, at })
		c.viewed("%s: compared as of %s; what it lacks of minutes that were merged since is not seen", stats, at.Format(time.RFC3339))
		return nil
	}
	c.unseen("%s: skipped, it was made anew %d times meanwhile", stats, maxStats)
	return nil
}

// emptyStats judges statistics without a row.
func (c *run) emptyStats(ctx context.Context) error {
	some, err := c.Table.HasMinutes(ctx, c.now.Add(-24*time.Hour))
	if err != nil {
		return fmt.Errorf("looking for the minutes of %s: %w", stats, err)
	}
	if some {
		c.viewed("%s: not compared, it is empty though there are minutes: not made yet, or materialized_view_metadata says why", stats)
	} else {
		c.viewed("%s: empty, as there is nothing of the last 24 hours", stats)
	}
	return nil
}

// differs takes over what was found in a view.
func (c *run) differs(found Differing, view, source string, span func(begin int64) (from, to time.Time)) {
	if len(found.Some) == 0 && found.Places > 0 {
		c.unseen("%s: %d places were not looked at a second time; those that were agree", view, found.Places)
		return
	}
	c.Findings = append(c.Findings, found.findings(view, source, span)...)
}
