package reconcile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nova-social/nova-streams/internal/streams"
)

// Broker is what is asked of Kafka about groups and offsets. A *streams.Inspector is one.
type Broker interface {
	// Groups returns how groups stand. Ends are read after all committed offsets.
	Groups(ctx context.Context, inputs []streams.Input) ([]streams.GroupStatus, error)
	// OffsetsAt returns, by partition and for each time, the offset of the first record appended then or later, and the
	// end of the log if there is none.
	OffsetsAt(ctx context.Context, topic string, times []time.Time) (map[int32][]int64, error)
}

// cut is a moment in the past, group by group: each as it stood when everything that the groups before it had done by
// their own moment had reached it. So of an input before the committed offset of the first group there, everything that
// comes of it is done in the others.
type cut struct {
	at      map[string]streams.GroupStatus
	reached map[string]bool  // false for a group that was waited for in vain, and for those behind it
	waiting map[string]int64 // records that a group had still to do when it was given up
}

// pollEvery is the pause between two looks at a group that is behind.
const pollEvery = 100 * time.Millisecond

// takeCut waits for each group as long as patience says. One for which that is not enough stands as it was last seen.
func takeCut(ctx context.Context, b Broker, flow Flow, patience func(group string) time.Duration) (cut, error) {
	c := cut{at: map[string]streams.GroupStatus{}, reached: map[string]bool{}, waiting: map[string]int64{}}
	for i, group := range flow.Groups {
		before, err := statusOf(ctx, b, group)
		if err != nil {
			return c, err
		}
		if i == 0 { // where it stands is the moment
			c.at[group.Group], c.reached[group.Group] = before, true
			continue
		}
		in := !slices.ContainsFunc(flow.before(group.Group), func(g string) bool { return !c.reached[g] })
		if !in {
			c.at[group.Group] = before
			continue
		}
		now, left, err := waitFor(ctx, b, group, before, patience(group.Group))
		if err != nil {
			return c, err
		}
		c.at[group.Group], c.reached[group.Group] = now, left == 0
		if left > 0 {
			c.waiting[group.Group] = left
		}
	}
	return c, nil
}

// waitFor waits until a group has committed everything that its input held before, and returns how much is left if
// patience ends first.
func waitFor(ctx context.Context, b Broker, group streams.Input, before streams.GroupStatus, patience time.Duration) (streams.GroupStatus, int64, error) {
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for {
		now, err := statusOf(ctx, b, group)
		if err != nil {
			return now, 0, err
		}
		left := missing(before, now)
		if left == 0 {
			return now, 0, nil
		}
		select {
		case <-enough.C:
			return now, left, nil
		case <-ctx.Done():
			return now, left, fmt.Errorf("waiting for %s: %w", group.Group, context.Cause(ctx))
		case <-time.After(pollEvery):
		}
	}
}

func statusOf(ctx context.Context, b Broker, group streams.Input) (streams.GroupStatus, error) {
	all, err := b.Groups(ctx, []streams.Input{group})
	if err != nil {
		return streams.GroupStatus{}, fmt.Errorf("asking how %s stands: %w", group.Group, err)
	}
	return all[0], nil
}

// missing is how many records before the ends of an earlier look a group has not committed now.
func missing(before, now streams.GroupStatus) (n int64) {
	done := map[int32]int64{}
	for _, p := range now.Partitions {
		done[p.Partition] = max(p.Committed, p.Start)
	}
	for _, p := range before.Partitions {
		n += max(p.End-done[p.Partition], 0)
	}
	return n
}
