package app

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

// A real connector's records in Avro, loaded twice: each of its 60 transactions has passed once.
func TestRecording_completes_its_transactions(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL = stack.Brokers(), stack.RegistryURL()
	cfg.Streams.Instance = "test"
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	files, err := filepath.Glob("../../testdata/debezium/avro/cdc.*.jsonl.gz")
	require.NoError(t, err)
	recording, err := load.LookRecorded(files, nil)
	require.NoError(t, err)
	client, err := registry.New(cfg.Registry, log)
	require.NoError(t, err)
	t.Cleanup(client.Close)
	require.NoError(t, recording.Register(t.Context(), client, cfg.Kafka.Name))
	targets := map[string]load.Target{}
	for topic := range recording.Partitions {
		targets[topic] = load.Target{Name: topic, Partitions: 4}
		_, err := streams.Provision(t.Context(), cfg.Kafka.Brokers, []streams.TopicSpec{{Name: topic, Partitions: 4, Replication: 1}})
		require.NoError(t, err)
	}
	send := func() {
		sc := kafka.NewConfig("test")
		sc.Producer.Partitioner = sarama.NewManualPartitioner
		producer, err := sarama.NewAsyncProducer(cfg.Kafka.Brokers, sc)
		require.NoError(t, err)
		_, err = recording.Send(t.Context(), load.Replay{Topics: targets, Grace: time.Second}, producer, func(int, int) {})
		require.NoError(t, err)
	}
	groups := []string{string(topology.CdcTransaction), string(topology.Transactions)}
	for _, e := range topology.Entities() {
		groups = append(groups, string(e.Reader))
	}
	a, err := Build(t.Context(), cfg, []Role{Processors}, log, Options{Groups: groups})
	require.NoError(t, err)
	runToTheEnd(t, a)
	drained := func() {
		t.Helper()
		w, err := NewWatcher(cfg.Kafka)
		require.NoError(t, err)
		defer w.Close()
		require.Eventually(t, func() bool {
			st, err := w.Status(t.Context())
			require.NoError(t, err)
			lag, in := int64(0), st.Accounting[string(topology.CdcTransaction)].In
			for _, g := range st.Groups {
				if slices.Contains(groups, g.Group) {
					lag += g.Lag
				}
			}
			return lag == 0 && in > 0
		}, 30*time.Second, 100*time.Millisecond)
	}
	send()
	drained()
	first := completed(t, cfg.Kafka.Brokers)
	require.Len(t, first, 60)
	for key, times := range first {
		require.Equal(t, 1, times, key)
	}
	send()
	drained()
	require.Equal(t, first, completed(t, cfg.Kafka.Brokers), "what comes again has passed already")
}

// completed returns the keys in transactions-completed, and how often each is there.
func completed(t *testing.T, brokers []string) map[string]int {
	t.Helper()
	client, err := kafka.Dial(brokers, "test")
	require.NoError(t, err)
	defer client.Close()
	parts, err := client.Partitions(string(topology.TransactionsCompleted))
	require.NoError(t, err)
	all := map[string]int{}
	for _, p := range parts {
		require.NoError(t, kafka.ReadPartition(t.Context(), client, string(topology.TransactionsCompleted), p, func(m *sarama.ConsumerMessage) error {
			all[string(m.Key)]++
			return nil
		}))
	}
	return all
}
