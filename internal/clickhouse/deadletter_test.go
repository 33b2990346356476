package clickhouse

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func TestBury(t *testing.T) {
	m := &sarama.ConsumerMessage{
		Topic: "enriched-events", Partition: 2, Offset: 7, Timestamp: time.UnixMilli(1234), Key: []byte("u:p"), Value: []byte("?"),
	}
	why := &schemas.Unreadable{Reason: schemas.ReasonMalformed, Detail: "cut"}
	want := &schemas.DeadLetter{
		Topic: "enriched-events", Partition: 2, Offset: 7, AppendTime: 1234, Stage: "sink-post-events", Reason: schemas.ReasonMalformed,
		Detail: "cut", Key: []byte("u:p"), Value: []byte("?"), ValueSize: 1, Origin: from(1, 2),
	}
	row := Row{Offset: 7, Record: activity("", 0, from(1, 2)), message: m}
	require.Equal(t, want, PostEvents.bury(row, why))

	m.Value, m.Key = nil, nil
	want.Value, want.Key, want.ValueSize = nil, nil, -1
	require.Equal(t, want, PostEvents.bury(row, why))
}

// Whatever was read, the letter fits into its topic: one that does not would hold the partition up for ever.
func TestLettersFitTheirTopic(t *testing.T) {
	codecs, err := schemas.NewCodecs(t.Context(), &registrar{})
	require.NoError(t, err)
	huge := bytes.Repeat([]byte{'x'}, 3<<20)
	d := PostEvents.bury(
		Row{
			Record:  activity("", 0, from(1<<30, 1<<60)),
			message: &sarama.ConsumerMessage{Topic: "enriched-events", Timestamp: time.UnixMilli(1 << 60), Offset: 1 << 60, Key: huge, Value: huge},
		},
		&schemas.Unreadable{Reason: schemas.ReasonMalformed, Detail: strings.Repeat("y", 1<<20)},
	)
	require.True(t, d.Truncated)
	require.Equal(t, int64(3<<20), d.ValueSize)
	value, err := codecs.DeadLetters.Encode(d)
	require.NoError(t, err)
	require.Less(t, len(d.Key)+len(value), PostEvents.maxLetter())
	require.Greater(t, len(value), topology.MaxEventBytes)

	// The producer and the broker agree.
	b := startBroker(t, 1)
	sender := &deadLetters{topic: lettersTopic, brokers: b.ListenAddrs(), codec: codecs.DeadLetters, config: (&member{sink: &Sink{mapping: PostEvents, tune: func(*sarama.Config) {}}}).burying()}
	require.NoError(t, sender.send(t.Context(), []*schemas.DeadLetter{d, d}))
	require.NoError(t, sender.close())
	require.Equal(t, int64(2), b.PartitionInfo(lettersTopic, 0).HighWatermark)
}
