package e2e

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// connectorPartitions is how many partitions the connector's topics have, other than ours.
const connectorPartitions = 8

// What a real connector wrote, in all its formats, makes the tables and mirrors that PostgreSQL had in the end: as it was
// written, and with each partition written again from some earlier offset on.
func TestRecorded_topics_make_tables_and_mirrors(t *testing.T) { //nolint:tparallel // a stack at a time
	stack := startServers(t, "")
	for _, mode := range debeziumtest.Modes {
		records := debeziumtest.Records(t, mode)
		if mode == "avro" {
			records = debeziumtest.Registered(t, registryAt(t, stack.RegistryURL()), records)
		}
		for _, way := range []string{"once", "again"} {
			t.Run(mode+" "+way, func(t *testing.T) {
				t.Parallel()
				sent := records
				if way == "again" {
					sent = redelivered(rand.New(rand.NewPCG(1, 0)), records)
					require.Greater(t, len(sent), len(records)+len(records)/10)
				}
				s := startAs(t, stack, func(c *config.Config) {
					c.Kafka.Prefix, c.ClickHouse.Database = mode+"-"+way+"-", strings.ReplaceAll(mode+"_"+way, "-", "_")
					c.CDC.Records.Full = debeziumtest.Full
					deliver(t, c, sent)
				}, app.Roles...)
				st := s.drained(0)
				requireBalanced(t, st)
				want, in := ends(t, mode), perTopic(sent)
				for _, e := range topology.Entities() {
					read := st.Accounting[string(e.Reader)]
					require.Equal(t, []int64{in[string(e.Topic)], 0}, []int64{read.In, read.Dead}, e.Table)
					if e.Keeper != "" {
						rows, unknown := oracle.Table(t, &s.cfg, e)
						require.Empty(t, unknown, e.Table)
						require.Zero(t, st.Accounting[string(e.Keeper)].Dead, e.Table)
						require.Equal(t, want[e.Table], renamed(e, rows), e.Table)
					}
					if oracle.Mirrored(e) {
						require.Zero(t, st.Accounting[topology.MirrorOf(e.Table).Group].Dead, e.Table)
						require.Equal(t, want[e.Table], renamed(e, oracle.Mirror(t, &s.cfg, s.stack.Stack, e)), e.Table)
					}
				}
			})
		}
	}
}

// ends returns the tables as PostgreSQL had them. The recorded connectors wrote a default where there was NULL; no record
// says that there was.
func ends(t *testing.T, mode string) map[string]oracle.Rows {
	t.Helper()
	defaults := map[string]map[string]string{"users": {"created_at": "1970-01-01T00:00:00.000000Z"}, "follows": {"status": "active"}}
	want, replaced := map[string]oracle.Rows{}, 0
	for _, e := range topology.Entities() {
		rows := oracle.RowsOf(t, e, debeziumtest.EndState(t, mode)[e.Source])
		for _, row := range rows {
			for name, value := range defaults[e.Table] {
				if _, ok := row[name]; !ok {
					row[name] = value
					replaced++
				}
			}
		}
		want[e.Table] = rows
	}
	require.Equal(t, 3, replaced)
	return want
}

// renamed gives a column its new name in rows that nobody wrote since it was renamed: nothing was said of them.
func renamed(e topology.Entity, rows oracle.Rows) oracle.Rows {
	if e.Table != "comments" {
		return rows
	}
	for _, row := range rows {
		if old, ok := row["content"]; ok {
			row["body"] = old
			delete(row, "content")
		}
	}
	return rows
}

// redelivered returns the records as a connector writes them that is killed within each partition.
func redelivered(rng *rand.Rand, records []debezium.Record) (all []debezium.Record) {
	type place struct {
		topic     string
		partition int32
	}
	parts := map[place][]debezium.Record{}
	var places []place
	for _, r := range records {
		at := place{r.Topic, r.Partition}
		if parts[at] == nil {
			places = append(places, at)
		}
		parts[at] = append(parts[at], r)
	}
	for _, at := range places {
		of := parts[at]
		seen := 1 + rng.IntN(len(of))
		all = slices.Concat(all, of[:seen], of[rng.IntN(seen):])
		all = slices.Concat(all, of[rng.IntN(len(of)):])
	}
	return all
}

func perTopic(records []debezium.Record) map[string]int64 {
	counts := map[string]int64{}
	for _, r := range records {
		counts[r.Topic]++
	}
	return counts
}

func registryAt(t *testing.T, url string) *registry.Client {
	t.Helper()
	cfg := registry.DefaultConfig()
	cfg.URL = url
	client, err := registry.New(cfg, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

// deliver writes records into the connector's topics, where they were.
func deliver(t *testing.T, c *config.Config, records []debezium.Record) {
	t.Helper()
	var specs []streams.TopicSpec
	for _, e := range topology.Entities() {
		specs = append(specs, streams.TopicSpec{Name: c.Kafka.Name(string(e.Topic)), Partitions: connectorPartitions, Replication: 1})
	}
	_, err := streams.Provision(t.Context(), c.Kafka.Brokers, specs)
	require.NoError(t, err)
	sc := kafka.NewConfig("connector")
	sc.Producer.Partitioner = sarama.NewManualPartitioner
	sc.Producer.MaxMessageBytes = topology.MaxEventBytes
	p, err := sarama.NewSyncProducer(c.Kafka.Brokers, sc)
	require.NoError(t, err)
	defer p.Close()
	var messages []*sarama.ProducerMessage
	for _, r := range records {
		if !slices.ContainsFunc(topology.Entities(), func(e topology.Entity) bool { return string(e.Topic) == r.Topic }) {
			continue
		}
		m := &sarama.ProducerMessage{Topic: c.Kafka.Name(r.Topic), Partition: r.Partition}
		if r.Key != nil {
			m.Key = sarama.ByteEncoder(r.Key)
		}
		if r.Value != nil {
			m.Value = sarama.ByteEncoder(r.Value)
		}
		for name, value := range r.Headers {
			m.Headers = append(m.Headers, sarama.RecordHeader{Key: []byte(name), Value: value})
		}
		messages = append(messages, m)
	}
	require.NoError(t, p.SendMessages(messages))
}
