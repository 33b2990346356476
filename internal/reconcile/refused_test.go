package reconcile

import (
	"testing"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
)

// Letters about readable records say which event was refused, each once; others do not, nor those of other topics.
func TestRefused_events_are_read_from_letters(t *testing.T) {
	t.Parallel()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(2, "x-activity-dlq", "x-enriched-events-dlq"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	client, err := kafka.Dial(cluster.ListenAddrs(), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	producer, err := sarama.NewSyncProducerFromClient(client)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, producer.Close()) })
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	encode := func(codec goka.Codec, v any) []byte {
		data, err := codec.Encode(v)
		require.NoError(t, err)
		return data
	}
	event := schemas.Event{EventID: "e", EventTime: 1, UserID: "u", PostID: "p"}
	activity := func(partition int32, offset int64) []byte {
		return encode(codecs.Activity, &schemas.Activity{Event: event, Origin: schemas.Origin{Emitter: "dedup", Partition: partition, Offset: offset}})
	}
	enriched := encode(codecs.EnrichedEvents, &schemas.EnrichedEvent{
		Event: event, RootPartition: 2, RootOffset: 33, Origin: schemas.Origin{Emitter: "sessions", Partition: 8, Offset: 99},
	})
	letter := func(dlq, topic string, value []byte) {
		t.Helper()
		_, _, err := producer.SendMessage(&sarama.ProducerMessage{Topic: dlq, Value: sarama.ByteEncoder(encode(codecs.DeadLetters, &schemas.DeadLetter{
			Topic: topic, Value: value, ValueSize: int64(len(value)), Reason: schemas.ReasonInvalidField,
		}))})
		require.NoError(t, err)
	}
	letter("x-activity-dlq", "x-activity", activity(1, 7))
	letter("x-activity-dlq", "x-activity", activity(1, 7))
	letter("x-activity-dlq", "x-activity", activity(0, 7))
	letter("x-activity-dlq", "x-activity", []byte("unreadable"))
	letter("x-activity-dlq", "x-other", activity(3, 7))
	letter("x-enriched-events-dlq", "x-enriched-events", enriched)

	k := &Kafka{Client: client, Prefix: "x-", Letters: codecs.DeadLetters, Activities: codecs.Activity, Rows: codecs.EnrichedEvents}
	found, err := k.Refused(t.Context(), "activity-dlq", "activity")
	require.NoError(t, err)
	require.ElementsMatch(t, []Root{{1, 7}, {0, 7}}, found)
	found, err = k.Refused(t.Context(), "enriched-events-dlq", "enriched-events")
	require.NoError(t, err)
	require.Equal(t, []Root{{2, 33}}, found)
}
