package deadletter

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Whatever was read, the letter fits into its topic: one that does not would hold the partition up for ever.
func TestLettersFitTheirTopic(t *testing.T) {
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	huge := bytes.Repeat([]byte{'x'}, 3<<20)
	d := New(
		&sarama.ConsumerMessage{Topic: "enriched-events", Timestamp: time.UnixMilli(1 << 60), Offset: 1 << 60, Key: huge, Value: huge},
		"sink-post-events", &schemas.Unreadable{Reason: schemas.ReasonMalformed, Detail: strings.Repeat("y", 1<<20)},
	)
	d.Origin = schemas.Origin{Emitter: "sessions", Partition: 1 << 30, Offset: 1 << 60}
	require.True(t, d.Truncated)
	require.Equal(t, int64(3<<20), d.ValueSize)
	value, err := codecs.DeadLetters.Encode(d)
	require.NoError(t, err)
	require.Greater(t, len(value), topology.MaxEventBytes)

	for _, topic := range topology.Topics() {
		if topic.Name != string(topology.EnrichedDLQ) {
			continue
		}
		require.Less(t, len(d.Key)+len(value), topic.MaxMessageBytes)
		// The producer and the broker agree.
		cluster, err := kfake.NewCluster(kfake.NumBrokers(1))
		require.NoError(t, err)
		defer cluster.Close()
		require.NoError(t, cluster.CreateTopic("try-"+topic.Name, 1, topic.Config()))
		sender := NewSender(cluster.ListenAddrs(), "try-", topic.Name, codecs.DeadLetters, kafka.NewConfig("test"))
		require.NoError(t, sender.Send([]*schemas.DeadLetter{d, d}))
		require.NoError(t, sender.Close())
		require.Equal(t, int64(2), cluster.PartitionInfo("try-"+topic.Name, 0).HighWatermark)
		return
	}
	require.Fail(t, "the catalogue has no such topic")
}
