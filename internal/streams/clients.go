package streams

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/murmur2"
)

// newAdmin returns a client that asks questions.
func newAdmin(cfg *Config) (*kgo.Client, error) {
	cl, err := kgo.NewClient(append(patience(cfg),
		kgo.SeedBrokers(cfg.Brokers...),
		kgo.ClientID(cfg.ClientID),
		kgo.MetadataMinAge(100*time.Millisecond),
	)...)
	if err != nil {
		return nil, fmt.Errorf("creating client: %w", err)
	}
	return cl, nil
}

// defaultBatchBytes is what Kafka's topics take where nothing else is set.
const defaultBatchBytes = 1_000_000

// newProducer returns the producer of one session: idempotent, acks from all in-sync replicas, retries without end,
// murmur2 as Java clients have it. Data loss seen by the broker fails every later record, so that none overtakes a lost
// one. Produce never blocks: MaxUnacked bounds what a task sends. Rows go to the partition they name. A batch is not
// larger than its topic takes: a broker measures batches, not records.
func newProducer(cfg *Config, lease *lease, table string, limits map[string]int) (*kgo.Client, error) {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(cfg.Brokers...),
		kgo.ClientID(cfg.ClientID),
		kgo.Dialer(lease.dial),
		kgo.DisableClientMetrics(), // closing would wait for a broker that takes them
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.BasicConsistentPartitioner(func(topic string) func(*kgo.Record, int) int {
			if topic == table {
				return func(r *kgo.Record, _ int) int { return int(r.Partition) }
			}
			return func(r *kgo.Record, n int) int { return int(murmur2.Partition(r.Key, int32(n))) }
		})),
		kgo.StopProducerOnDataLossDetected(),
		kgo.ProducerLinger(cfg.Linger),
		kgo.ProducerBatchCompression(kgo.SnappyCompression(), kgo.NoCompression()),
		kgo.ProducerBatchMaxBytesFn(func(topic string) int32 {
			if n, ok := limits[topic]; ok {
				return int32(n)
			}
			return defaultBatchBytes
		}),
		kgo.MaxBufferedRecords(1<<30),
		kgo.MetadataMinAge(100*time.Millisecond),
	)
	if err != nil {
		return nil, fmt.Errorf("creating producer: %w", err)
	}
	return cl, nil
}

// newMember returns the client that is this process's member of the group. Partitions move one by one (cooperative
// sticky); nothing is reset when an offset is gone; offsets are committed by the session. What it asks ends with ctx, also
// what closing it waits for.
func newMember(ctx context.Context, cfg *Config, pool *fetchPool, hooks []kgo.Hook, group, instance, topic string, on callbacks) (*kgo.Client, error) {
	cl, err := kgo.NewClient(append(patience(cfg),
		kgo.WithContext(ctx),
		kgo.SeedBrokers(cfg.Brokers...),
		kgo.ClientID(cfg.ClientID),
		kgo.WithHooks(hooks...),
		kgo.ConsumerGroup(group),
		kgo.InstanceID(instance),
		kgo.ConsumeTopics(topic),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(cfg.SessionTimeout),
		kgo.HeartbeatInterval(cfg.heartbeat()),
		kgo.RebalanceTimeout(cfg.rebalance()),
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.DisableAutoCommit(),
		kgo.FetchMaxWait(100*time.Millisecond),
		kgo.FetchMaxBytes(8<<20),
		kgo.FetchMaxPartitionBytes(256<<10),
		kgo.WithPools(pool),
		kgo.MetadataMinAge(100*time.Millisecond),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { on.assigned(m[topic]) }),
		kgo.OnPartitionsRevoked(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { on.revoked(m[topic]) }),
		kgo.OnPartitionsLost(func(_ context.Context, _ *kgo.Client, m map[string][]int32) { on.lost(m[topic]) }),
		kgo.AdjustFetchOffsetsFn(func(_ context.Context, all map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
			for p := range all[topic] {
				at, err := on.offset(p)
				if err != nil {
					return nil, err
				}
				all[topic][p] = kgo.NewOffset().At(at)
			}
			return all, nil
		}),
	)...)
	if err != nil {
		return nil, fmt.Errorf("creating member of %s: %w", group, err)
	}
	return cl, nil
}

// callbacks are what a member tells its session.
type callbacks struct {
	assigned func(parts []int32)
	offset   func(part int32) (int64, error) // where to begin to read
	revoked  func(parts []int32)
	lost     func(parts []int32)
}
