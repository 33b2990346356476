package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/streams"
)

// Reconciler compares. It keeps nothing between two comparisons.
type Reconciler struct {
	Config Config
	Keep   clickhouse.Retention // of rows and views, by event time
	Flow   Flow
	Broker Broker
	Table  *Table
	Topics Topics
	Warn   func(line string) // told at once of what cannot be compared at all; may be nil
}

// run is one comparison.
type run struct {
	*Reconciler
	Report
	now   time.Time
	cut   cut
	id    string    // of the sink's topic
	older int64     // rows of a sink that knew of no inserts
	floor time.Time // the first hour after all of them; zero if there are none
	tell  func(string)
}

// Run compares what there is at now. tell gets a line per step. What it returns without an error may be unbalanced, or
// without what ClickHouse would have been asked; an error says that it could not compare.
func (r *Reconciler) Run(ctx context.Context, now time.Time, tell func(string)) (*Report, error) {
	now = now.UTC()
	c := &run{Reconciler: r, now: now, tell: tell, Report: Report{
		At: now, Since: now.Add(-r.Config.Since).Truncate(time.Hour),
		Stages: []Stage{}, Inserts: []Inserts{}, Hours: []Hour{}, Totals: []Total{}, Views: []string{}, Findings: []Finding{}, Notes: []string{},
	}}
	steps := []func(context.Context) error{c.takeCut, c.chains, c.strays, c.events, c.views, c.stages, c.nameExactly}
	if err := r.Table.Ping(ctx); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		c.Away = err.Error()
		if r.Warn != nil {
			r.Warn(c.notAsked())
		}
		steps = []func(context.Context) error{c.takeCut, c.stages}
	}
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(c.Findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.First, b.First), cmp.Compare(a.Kind, b.Kind))
	})
	c.Balanced = len(c.Findings) == 0 && c.Away == ""
	return &c.Report, nil
}

func (c *run) note(format string, args ...any) {
	if line := fmt.Sprintf(format, args...); !slices.Contains(c.Notes, line) {
		c.Notes = append(c.Notes, line)
	}
}

func (c *run) takeCut(ctx context.Context) (err error) {
	c.tell("waiting for what is on its way")
	if c.cut, err = takeCut(ctx, c.Broker, c.Flow, c.patience); err != nil {
		return err
	}
	c.Settled = len(c.cut.waiting) == 0
	for _, group := range slices.Sorted(maps.Keys(c.cut.waiting)) {
		c.note("%d records were still on their way to %s after %v: it is not compared with what comes before it", c.cut.waiting[group], group, c.patience(group))
	}
	c.id, err = c.Topics.TopicID(c.Flow.sink().Topic)
	return err
}

// patience is how long a group is waited for; the sink waits for ClickHouse itself, so not at all while that is away.
func (c *run) patience(group string) time.Duration {
	if c.Away != "" && group == c.Flow.sink().Group {
		return 0
	}
	return c.Config.Patience
}

// sink is how the sink stood at the cut.
func (c *run) sink() streams.GroupStatus { return c.cut.at[c.Flow.sink().Group] }

// stages compares what groups passed on with what others saw.
func (c *run) stages(ctx context.Context) error {
	c.tell("comparing stages")
	later, err := c.Broker.Groups(ctx, c.Flow.Groups)
	if err != nil {
		return fmt.Errorf("asking how the groups stand: %w", err)
	}
	was, is := map[string]standing{}, map[string]standing{}
	for _, g := range later {
		at := c.cut.at[g.Group]
		was[g.Group], is[g.Group] = standingOf(at), standingOf(g)
		c.Findings = append(c.Findings, unbalanced(at)...)
		c.Stages = append(c.Stages, Stage{Group: g.Group, Lag: g.Lag(), Accounting: at.Accounting()})
	}
	c.Open = missing(later[0], c.cut.at[c.Flow.events().Group])
	for _, e := range c.Flow.Edges {
		if slices.ContainsFunc(slices.Concat(e.sources(), e.To), func(g string) bool { return !c.cut.reached[g] }) {
			continue // noted
		}
		findings, note := e.between(was, is)
		c.Findings = append(c.Findings, findings...)
		if note != "" {
			c.note("%s", note)
		}
	}
	return nil
}

// nameExactly replaces ranges by the offsets concerned, and takes back what retention explains.
func (c *run) nameExactly(ctx context.Context) error {
	oldest := int64(0)
	if c.Keep.PostEvents > 0 {
		oldest = c.now.Add(-c.Keep.PostEvents).UnixMilli()
	}
	kept := c.Findings[:0]
	for n, f := range c.Findings {
		if n < maxFindings && f.worthLooking() {
			c.tell(fmt.Sprintf("looking for the rows of %s/%d, offsets %d..%d", f.Topic, f.Partition, f.lookFrom, f.lookTo))
			rows, err := c.Table.Offsets(ctx, f.topicID, f.Partition, f.lookFrom, f.lookTo)
			if err != nil {
				return fmt.Errorf("looking for rows: %w", err)
			}
			if !f.gone {
				f.nameRepeated(rows)
			} else {
				var log []Record
				if f.topicID == c.id {
					if log, err = c.Topics.Records(ctx, f.Topic, f.Partition, f.lookFrom, f.lookTo); err != nil {
						return err
					}
				}
				if note := f.nameMissing(rows, log, oldest); note != "" {
					c.note("%s", note)
					continue
				}
			}
		}
		kept = append(kept, f)
	}
	c.Findings = kept
	return nil
}
