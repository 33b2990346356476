package e2e

import (
	"context"
	"fmt"
	"strings"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// writers looks up the schemas with which the connector wrote.
type writers struct{ *registry.Client }

// ByID implements debezium.Schemas.
func (w writers) ByID(ctx context.Context, id int) (string, error) { return w.Schema(ctx, id) }

// eachEvent calls do with what the connector said of the rows of a table, by partition.
func (s *system) eachEvent(e topology.Entity, do func(at *sarama.ConsumerMessage, event *debezium.Event)) {
	s.t.Helper()
	decoder, err := debezium.New(s.cfg.CDC.Records, writers{registryAt(s.t, s.cfg.Registry.URL)})
	require.NoError(s.t, err)
	client, err := kafka.Dial(s.cfg.Kafka.Brokers, "said")
	require.NoError(s.t, err)
	defer client.Close()
	partitions, err := client.Partitions(string(e.Topic))
	require.NoError(s.t, err)
	for _, p := range partitions {
		require.NoError(s.t, kafka.ReadPartition(s.t.Context(), client, string(e.Topic), p, func(m *sarama.ConsumerMessage) error {
			headers := map[string][]byte{}
			for _, h := range m.Headers {
				headers[string(h.Key)] = h.Value
			}
			result, err := decoder.Decode(s.t.Context(), debezium.Record{Topic: m.Topic, Partition: p, Offset: m.Offset, Key: m.Key, Value: m.Value, Headers: headers})
			if err == nil && result.Event != nil {
				do(m, result.Event)
			}
			return err
		}))
	}
}

// said returns what the connector said of a row, a line for each record.
func (s *system) said(e topology.Entity, id string) string {
	s.t.Helper()
	var lines strings.Builder
	s.eachEvent(e, func(at *sarama.ConsumerMessage, event *debezium.Event) {
		if strings.Contains(string(at.Key), id) {
			fmt.Fprintf(&lines, "\n  %d/%d %s %s, transaction %d at %d, others had ended at %d", at.Partition, at.Offset, event.Operation, event.Source.Snapshot,
				event.Source.TxID, event.Source.Position, event.Source.Committed)
		}
	})
	return lines.String()
}

// overtaken returns how many changes of posts lie in the log below a snapshot that did not see them, as their transactions
// were open: the connector said them after it.
func (s *system) overtaken() (n int) {
	s.t.Helper()
	for _, e := range topology.Entities() {
		if e.Keeper != topology.Posts {
			continue
		}
		read, streamed := map[string]uint64{}, map[string]uint64{}
		s.eachEvent(e, func(_ *sarama.ConsumerMessage, event *debezium.Event) {
			id, at := event.Key["id"], event.Source.Position
			switch {
			case event.Operation == debezium.Read:
				read[id] = at
			case at > streamed[id]: // else it comes again
				streamed[id] = at
				if at < read[id] {
					n++
				}
			}
		})
	}
	return n
}
