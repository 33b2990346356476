package reconcile

import (
	"context"
	"fmt"
	"slices"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Root is a place in `events`.
type Root struct {
	Partition int32
	Offset    int64
}

// Refused implements Topics.
func (k *Kafka) Refused(ctx context.Context, letters, topic string) ([]Root, error) {
	name := k.Prefix + letters
	partitions, err := k.Client.Partitions(name)
	if err != nil {
		return nil, fmt.Errorf("asking for the partitions of %s: %w", name, err)
	}
	var roots []Root
	seen := map[Root]bool{}
	for _, p := range partitions {
		first, err := k.Client.GetOffset(name, p, sarama.OffsetOldest)
		if err != nil {
			return nil, fmt.Errorf("asking for the begin of %s/%d: %w", name, p, err)
		}
		end, err := k.Client.GetOffset(name, p, sarama.OffsetNewest)
		if err != nil {
			return nil, fmt.Errorf("asking for the end of %s/%d: %w", name, p, err)
		}
		if err := kafka.ReadRange(ctx, k.Client, name, p, first, end, func(m *sarama.ConsumerMessage) error {
			v, err := k.Letters.Decode(m.Value)
			if err != nil {
				return fmt.Errorf("decoding letter %s/%d/%d: %w", m.Topic, m.Partition, m.Offset, err)
			}
			if l, ok := v.(*schemas.DeadLetter); ok && l.Topic == k.Prefix+topic {
				if root, known := k.root(l); known && !seen[root] {
					seen[root] = true
					roots = append(roots, root)
				}
			}
			return nil
		}); err != nil {
			return nil, err
		}
	}
	return roots, nil
}

// root says which event a refused record comes from; one that cannot be read does not say.
func (k *Kafka) root(l *schemas.DeadLetter) (Root, bool) {
	codec := k.Rows
	if l.Topic == k.Prefix+string(topology.Activity) {
		codec = k.Activities
	}
	v, err := codec.Decode(l.Value)
	if err != nil {
		return Root{}, false
	}
	switch record := v.(type) {
	case *schemas.Activity:
		return Root{record.Origin.Partition, record.Origin.Offset}, true
	case *schemas.EnrichedEvent:
		return Root{record.RootPartition, record.RootOffset}, true
	}
	return Root{}, false
}

// refusedLater takes back events without a row that another group than the first has refused. Letters say which these
// are; of what was refused and no letter says that, any may be.
func (c *run) refusedLater(ctx context.Context, logs []Log) error {
	lost, refused := c.lostEvents(), int64(0)
	for _, g := range c.Flow.Path[1:] {
		refused += c.cut.at[g].Accounting().Dead
	}
	if lost == 0 || refused == 0 {
		return nil
	}
	known := map[int32]int64{}
	unknown := refused
	for _, g := range c.Flow.Path[1:] {
		roots, err := c.Topics.Refused(ctx, c.Flow.Letters[g], c.Flow.input(g).Topic)
		if err != nil {
			return err
		}
		unknown -= int64(len(roots))
		for _, r := range roots {
			if r.Partition >= 0 && int(r.Partition) < len(logs) && r.Offset < logs[r.Partition].Cut {
				known[r.Partition]++
			}
		}
	}
	c.note("%d events have no row; %d were refused on the way from %s", lost, refused, c.Flow.events().Group)
	for i := range c.Findings {
		if f := &c.Findings[i]; f.Kind == LostEvents {
			f.Rows -= known[f.Partition]
			f.Detail += fmt.Sprintf(", %d were refused later", known[f.Partition])
		}
	}
	c.Findings = slices.DeleteFunc(c.Findings, func(f Finding) bool { return f.Kind == LostEvents && f.Rows <= 0 })
	if left := c.lostEvents(); left > 0 && left <= unknown {
		c.note("%d of them may be those of which no letter says which they are", left)
		c.Findings = slices.DeleteFunc(c.Findings, func(f Finding) bool { return f.Kind == LostEvents })
	}
	return nil
}

// lostEvents is how many events that were applied have no row.
func (c *run) lostEvents() (n int64) {
	for _, f := range c.Findings {
		if f.Kind == LostEvents {
			n += f.Rows
		}
	}
	return n
}
