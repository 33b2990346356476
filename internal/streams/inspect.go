package streams

import (
	"context"
	"fmt"
	"sync/atomic"

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
	Start     int64  // offset of the first record the log still holds
	Committed int64  // next offset to read; -1 before the first commit, and for an offset behind the end: of a topic that is no more
	End       int64  // offset the next record will get
	Owner     string // instance of the member that has it, or else the id of its client; "" for nobody
	Meta      schemas.CommitMeta
	MetaBytes int // size of Meta as it lies beside the offset
}

// Lag is the number of records not yet committed.
func (p PartitionStatus) Lag() int64 { return p.End - max(p.Committed, p.Start) }

// GroupStatus is how far a group is, as the broker knows it: it covers members in any process.
type GroupStatus struct {
	Input
	State      string // state of the consumer group: Stable, Empty, PreparingRebalance, …
	Members    int
	MetaLimit  int // bytes of metadata the brokers take beside an offset
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

// Inspector reads lag and accounting from the brokers: committed offsets, their metadata and end offsets. It may be used
// by several goroutines.
type Inspector struct {
	prefix    string
	brokers   []string
	client    *kgo.Client
	admin     *kadm.Client
	metaLimit atomic.Int64 // 0 until the brokers have told
}

// NewInspector connects to the brokers when first used. Prefix stands before every topic and group in Kafka.
func NewInspector(brokers []string, prefix string) (*Inspector, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.ClientID("nova-inspect"))
	if err != nil {
		return nil, fmt.Errorf("creating inspector: %w", err)
	}
	return &Inspector{prefix: prefix, brokers: brokers, client: cl, admin: kadm.NewClient(cl)}, nil
}

// Close ends the connections.
func (i *Inspector) Close() { i.client.Close() }

// Reach returns an error if no broker answers; it tries each once.
func (i *Inspector) Reach(ctx context.Context) error {
	if err := i.client.Ping(ctx); err != nil {
		return fmt.Errorf("reaching Kafka at %s: %w", i.brokers[0], err)
	}
	return nil
}

// Groups returns the status of each group, in the order given, or fails, with ErrNoTopic if an input is missing. No lag
// anywhere means that there was a moment at which nothing was left to do: all offsets are read before the first end.
func (i *Inspector) Groups(ctx context.Context, inputs []Input) ([]GroupStatus, error) {
	topics := make([]string, len(inputs))
	names := make([]string, len(inputs))
	for n, in := range inputs {
		topics[n], names[n] = i.prefix+in.Topic, i.prefix+in.Group
	}
	marks := make([]map[int32]mark, len(inputs))
	fetched := i.admin.FetchManyOffsets(ctx, names...)
	for n := range inputs {
		var err error
		if marks[n], err = marksOf(fetched[names[n]], topics[n]); err != nil {
			return nil, err
		}
	}
	starts, err := i.admin.ListStartOffsets(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("listing start offsets: %w", err)
	}
	ends, err := i.admin.ListEndOffsets(ctx, topics...)
	if err != nil {
		return nil, fmt.Errorf("listing end offsets: %w", err)
	}
	described, err := i.admin.DescribeGroups(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("describing groups: %w", err)
	}
	limit := i.limit(ctx)
	out := make([]GroupStatus, len(inputs))
	for n, in := range inputs {
		d := described[names[n]]
		out[n] = GroupStatus{Input: in, State: d.State, Members: len(d.Members), MetaLimit: limit}
		if out[n].Partitions, err = partitionsOf(topics[n], starts, ends, marks[n], ownersOf(d, topics[n])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// limit returns how many bytes of metadata the brokers take, asked once: they know it from their start on. Brokers that
// do not tell everybody are taken to have Kafka's default.
func (i *Inspector) limit(ctx context.Context) int {
	if n := i.metaLimit.Load(); n != 0 {
		return int(n)
	}
	n, err := brokerInt(ctx, i.admin, "offset.metadata.max.bytes", schemas.MaxCommitMeta)
	if err != nil {
		return schemas.MaxCommitMeta
	}
	i.metaLimit.Store(int64(n))
	return n
}
