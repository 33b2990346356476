package streams

import (
	"context"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// Input names a group and the topic it reads.
type Input struct {
	Group string
	Topic string
}

// PartitionStatus is how far a group is in one partition of its input.
type PartitionStatus struct {
	Partition int32
	Committed int64 // next offset to read; 0 before the first commit
	End       int64 // offset the next record will get
	Meta      schemas.CommitMeta
}

// Lag is the number of records not yet committed.
func (p PartitionStatus) Lag() int64 { return p.End - p.Committed }

// GroupStatus is how far a group is, as the broker knows it: it covers members in any process.
type GroupStatus struct {
	Input
	State      string // state of the consumer group: Stable, Empty, PreparingRebalance, …
	Members    int
	Partitions []PartitionStatus
}

// Lag is the number of records of the input not yet committed.
func (g GroupStatus) Lag() (lag int64) {
	for _, p := range g.Partitions {
		lag += p.Lag()
	}
	return lag
}

// Accounting sums what became of the committed inputs.
func (g GroupStatus) Accounting() (a schemas.Accounting) {
	for _, p := range g.Partitions {
		a.Add(p.Meta.Accounting)
	}
	return a
}

// Inspector reads lag and accounting from the brokers: committed offsets, their metadata and end offsets.
type Inspector struct {
	prefix string
	client *kgo.Client
	admin  *kadm.Client
}

// NewInspector connects to the brokers when first used. Prefix stands before every topic and group in Kafka.
func NewInspector(brokers []string, prefix string) (*Inspector, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ClientID("nova-inspect"))
	if err != nil {
		return nil, fmt.Errorf("creating inspector: %w", err)
	}
	return &Inspector{prefix: prefix, client: cl, admin: kadm.NewClient(cl)}, nil
}

// Close ends the connections.
func (i *Inspector) Close() { i.client.Close() }

// Groups returns the status of each group, in the order given.
func (i *Inspector) Groups(ctx context.Context, inputs []Input) ([]GroupStatus, error) {
	topics := make([]string, len(inputs))
	names := make([]string, len(inputs))
	for n, in := range inputs {
		topics[n], names[n] = i.prefix+in.Topic, i.prefix+in.Group
	}
	ends, err := i.admin.ListEndOffsets(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("listing end offsets: %w", err)
	}
	described, err := i.admin.DescribeGroups(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("describing groups: %w", err)
	}
	out := make([]GroupStatus, 0, len(inputs))
	for _, in := range inputs {
		committed, err := fetchCheckpoints(ctx, i.client, i.prefix+in.Group, i.prefix+in.Topic)
		if err != nil {
			return nil, err
		}
		g := GroupStatus{Input: in, State: described[i.prefix+in.Group].State, Members: len(described[i.prefix+in.Group].Members)}
		for p, end := range ends[i.prefix+in.Topic] {
			if end.Err != nil {
				return nil, fmt.Errorf("listing the end of %s/%d: %w", in.Topic, p, end.Err)
			}
			at := committed[p]
			g.Partitions = append(g.Partitions, PartitionStatus{Partition: p, Committed: max(at.next, 0), End: end.Offset, Meta: at.meta})
		}
		slices.SortFunc(g.Partitions, func(a, b PartitionStatus) int { return int(a.Partition - b.Partition) })
		out = append(out, g)
	}
	return out, nil
}
