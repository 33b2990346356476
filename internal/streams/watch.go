package streams

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
)

// watch looks once a second at what no request of the session would tell: topics that are not what they were, a table
// that grows by another hand while this one rests, partitions that nobody reads.
func (se *session) watch(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	unread := 0
	for {
		select {
		case now := <-ticker.C:
			look, cancel := context.WithTimeout(ctx, 5*time.Second)
			if err := se.checkTopics(look); err != nil {
				se.stage.fail(err)
			}
			if err := se.checkTails(look); err != nil {
				se.stage.fail(err)
			}
			if se.unread(look) {
				unread++
			} else {
				unread = 0
			}
			cancel()
			if unread > 3 {
				unread = 0
				se.cfg.Log.WarnContext(ctx, "a partition belongs to nobody; asking for a rebalance", "group", se.group)
				se.member.ForceRebalance()
			}
			if err := se.stage.keeper.sweep(now); err != nil {
				se.cfg.Log.WarnContext(ctx, "closing unused tables", "group", se.group, "err", err)
			}
		case <-ctx.Done():
			return
		}
	}
}

// checkTopics returns an error if input or table are no longer the topics they were.
func (se *session) checkTopics(ctx context.Context) error {
	parts, inputID, tableID, err := se.stage.identify(ctx, kadm.NewClient(se.admin))
	switch {
	case err != nil && ctx.Err() == nil && isPermanent(err):
		return err
	case err != nil: // the broker is away, or the topic: the member finds out
		return nil //nolint:nilerr // see above
	case inputID != se.facts.inputID:
		return fmt.Errorf("%w: %s", errTopicNew, se.input)
	case tableID != se.facts.tableID:
		return fmt.Errorf("%w: %s", errTopicNew, se.table)
	case parts != se.facts.parts:
		return fmt.Errorf("%w: %s had %d, has %d", ErrPartitions, se.input, se.facts.parts, parts)
	}
	return nil
}

// checkTails returns ErrForeignWriter if a table has grown while nothing of this member's was under way.
func (se *session) checkTails(ctx context.Context) error {
	if se.table == "" || se.cfg.Controls.NoFences {
		return nil
	}
	rest := map[*part]int64{}
	for p := range se.owned() {
		if next, resting := p.task.tail(); resting && p.open.Load() {
			rest[p] = next
		}
	}
	if len(rest) == 0 {
		return nil
	}
	ends, err := kadm.NewClient(se.admin).ListEndOffsets(ctx, se.table)
	if err != nil {
		return nil //nolint:nilerr // asked again in a second
	}
	for p, next := range rest {
		end, ok := ends.Lookup(se.table, p.n)
		if now, resting := p.task.tail(); ok && end.Err == nil && resting && now == next && end.Offset > next {
			se.tasks.metrics.foreignWriter()
			return fmt.Errorf("%w: %s/%d ends at %d, not at %d", ErrForeignWriter, se.table, p.n, end.Offset, next)
		}
	}
	return nil
}

// unread reports whether the group is at rest and has partitions that no member reads. That happens to static members:
// one that is killed after it gave a partition away and before it joined again gets back, without a rebalance, what it
// had then.
func (se *session) unread(ctx context.Context) bool {
	groups, err := kadm.NewClient(se.admin).DescribeGroups(ctx, se.group)
	if err != nil {
		return false
	}
	g := groups[se.group]
	if g.State != "Stable" {
		return false
	}
	return int32(len(g.AssignedPartitions()[se.input])) < se.facts.parts
}
