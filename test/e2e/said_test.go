package e2e

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/topology"
)

// said returns what the connector said of a row, a line for each record; of JSON also where in the log that was.
func (s *system) said(e topology.Entity, id string) string {
	s.t.Helper()
	client, err := kafka.Dial(s.cfg.Kafka.Brokers, "said")
	require.NoError(s.t, err)
	defer client.Close()
	partitions, err := client.Partitions(string(e.Topic))
	require.NoError(s.t, err)
	var lines strings.Builder
	for _, p := range partitions {
		require.NoError(s.t, kafka.ReadPartition(s.t.Context(), client, string(e.Topic), p, func(m *sarama.ConsumerMessage) error {
			if !strings.Contains(string(m.Key), id) {
				return nil
			}
			var change struct {
				Op     string
				Source struct {
					Snapshot, Sequence string
					TxID               int64 `json:"txId"`
				}
			}
			_ = json.Unmarshal(m.Value, &change) // Avro stays without
			fmt.Fprintf(&lines, "\n  %d/%d %s %s %d", m.Partition, m.Offset, change.Op, change.Source.Snapshot+" "+change.Source.Sequence, change.Source.TxID)
			return nil
		}))
	}
	return lines.String()
}
