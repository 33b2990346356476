package reconcile

import (
	"context"
	"fmt"
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
	behind  string // group that was waited for in vain, "" for none
	waiting int64  // records it had still to do
}

// pollEvery is the pause between two looks at a group that is behind.
const pollEvery = 100 * time.Millisecond

// takeCut waits up to patience for all groups together. A group for which that is not enough is named, and stands as it
// was last seen; so do those after it.
func takeCut(ctx context.Context, b Broker, flow Flow, patience time.Duration) (cut, error) {
	c := cut{at: map[string]streams.GroupStatus{}}
	enough := time.NewTimer(patience)
	defer enough.Stop()
	for i, group := range flow.Groups {
		ends, err := statusOf(ctx, b, flow, i)
		if err != nil {
			return c, err
		}
		if i == 0 { // where it stands is the moment
			c.at[group.Group] = ends
			continue
		}
		for {
			now, err := statusOf(ctx, b, flow, i)
			if err != nil {
				return c, err
			}
			c.at[group.Group] = now
			left := missing(ends, now)
			if left == 0 {
				break
			}
			if c.behind != "" {
				break
			}
			select {
			case <-enough.C:
				c.behind, c.waiting = group.Group, left
			case <-ctx.Done():
				return c, fmt.Errorf("waiting for %s: %w", group.Group, context.Cause(ctx))
			case <-time.After(pollEvery):
			}
		}
	}
	return c, nil
}

func statusOf(ctx context.Context, b Broker, flow Flow, i int) (streams.GroupStatus, error) {
	all, err := b.Groups(ctx, flow.Groups[i:i+1])
	if err != nil {
		return streams.GroupStatus{}, fmt.Errorf("asking how %s stands: %w", flow.Groups[i].Group, err)
	}
	return all[0], nil
}

// missing is how many records before the ends of an earlier look a group has not committed now.
func missing(ends, now streams.GroupStatus) (n int64) {
	done := map[int32]int64{}
	for _, p := range now.Partitions {
		done[p.Partition] = max(p.Committed, p.Start)
	}
	for _, p := range ends.Partitions {
		n += max(p.End-max(done[p.Partition], p.Start), 0)
	}
	return n
}
