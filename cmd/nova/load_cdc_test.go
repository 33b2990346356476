package main

import (
	"context"
	"encoding/binary"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// recording returns the files of a mode.
func recording(t *testing.T, mode string) []string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/debezium/" + mode + "/*.jsonl.gz")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	return files
}

// lookup asks a registry for the schemas of writers.
type lookup struct{ *registry.Client }

func (l lookup) ByID(ctx context.Context, id int) (string, error) { return l.Schema(ctx, id) }

// inKafka returns what lies in the topics of these records under another prefix, as they were recorded.
func inKafka(t *testing.T, brokers []string, prefix string, recorded []debezium.Record) (all []debezium.Record) {
	t.Helper()
	client, err := kafka.Dial(brokers, "test")
	require.NoError(t, err)
	defer client.Close()
	topics := map[string]bool{}
	for _, r := range recorded {
		topics[r.Topic] = true
	}
	for _, topic := range slices.Sorted(maps.Keys(topics)) {
		parts, err := client.Partitions(prefix + topic)
		require.NoError(t, err)
		for _, p := range parts {
			require.NoError(t, kafka.ReadPartition(t.Context(), client, prefix+topic, p, func(m *sarama.ConsumerMessage) error {
				r := debezium.Record{Topic: topic, Partition: m.Partition, Offset: m.Offset, Key: m.Key, Value: m.Value, Headers: map[string][]byte{}}
				for _, h := range m.Headers {
					r.Headers[string(h.Key)] = h.Value
				}
				all = append(all, r)
				return nil
			}))
		}
	}
	return all
}

// Every message comes back as it was recorded, in its partition, in order; what was written in Avro can be read with the
// registry of today, whose ids are others.
func TestLoadCDC_brings_everything_back(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := registry.DefaultConfig()
	cfg.URL = stack.RegistryURL()
	client, err := registry.New(cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	_, err = schemas.NewCodecs(t.Context(), client) // ids begin behind these
	require.NoError(t, err)
	options := debezium.DefaultOptions()
	options.Full = debeziumtest.Full
	today, err := debezium.New(options, lookup{client})
	require.NoError(t, err)
	then := debeziumtest.Decoder(t)
	for _, mode := range debeziumtest.Modes {
		prefix := mode + "-"
		args := append([]string{"load", "cdc", "--brokers", strings.Join(stack.Brokers(), ","), "--registry", stack.RegistryURL(), "--set", "kafka.prefix=" + prefix}, recording(t, mode)...)
		out, err := nova(t, args...)
		require.NoError(t, err)
		want := debeziumtest.Records(t, mode)
		require.Contains(t, out, " messages of 10 topics acknowledged in ")
		got := inKafka(t, stack.Brokers(), prefix, want)
		slices.SortStableFunc(want, func(a, b debezium.Record) int { return strings.Compare(a.Topic, b.Topic) })
		require.Len(t, got, len(want))
		moved := 0
		for i, w := range want {
			g := got[i]
			if len(g.Value) > 0 && g.Value[0] == 0 && binary.BigEndian.Uint32(g.Value[1:]) != binary.BigEndian.Uint32(w.Value[1:]) {
				moved++
			}
			before, err := then.Decode(t.Context(), w)
			require.NoError(t, err)
			after, err := today.Decode(t.Context(), g)
			require.NoError(t, err)
			require.Equal(t, before, after, "%s %s/%d at %d", mode, w.Topic, w.Partition, w.Offset)
			if mode == "avro" {
				g.Key, g.Value, w.Key, w.Value = nil, nil, nil, nil
			}
			require.Equal(t, w, g)
		}
		require.Equal(t, mode == "avro", moved > 0, "ids differ")
	}
}

// A topic that is there keeps its partitions; only the topics that are named are sent.
func TestLoadCDC_takes_topics_as_they_are(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	brokers := "--brokers=" + strings.Join(stack.Brokers(), ",")
	_, err := nova(t, "topics", "provision", brokers, "--set", "kafka.partitions=3")
	require.NoError(t, err)
	args := append([]string{"load", "cdc", brokers, "--topic", "cdc.users"}, recording(t, "json-noschema")...)
	out, err := nova(t, args...)
	require.NoError(t, err)
	require.Contains(t, out, " of 1 topics ")
	var want []debezium.Record
	for _, r := range debeziumtest.Records(t, "json-noschema") {
		if r.Topic == "cdc.users" {
			want = append(want, r)
		}
	}
	at := map[string]int32{}
	got := inKafka(t, stack.Brokers(), "", want)
	require.Len(t, got, len(want))
	for _, r := range got {
		require.Less(t, r.Partition, int32(3))
		if known, ok := at[string(r.Key)]; ok && len(r.Key) > 0 {
			require.Equal(t, known, r.Partition, "a row stays in one partition")
		}
		at[string(r.Key)] = r.Partition
	}
	require.Empty(t, inKafka(t, stack.Brokers(), "", []debezium.Record{{Topic: "cdc.posts"}}))

	_, err = nova(t, append(args, "--topic", "cdc.none")...)
	require.ErrorContains(t, err, "no file has a message of topic cdc.none")
}
