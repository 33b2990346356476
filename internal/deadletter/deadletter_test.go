package deadletter

import (
	"bytes"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
)

func codec(t *testing.T) *schemas.Codecs {
	t.Helper()
	c, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	return c
}

func letter(offset int64, reason schemas.Reason, value []byte) *schemas.DeadLetter {
	return &schemas.DeadLetter{
		Topic: "events", Partition: 3, Offset: offset, AppendTime: 1_420_070_400_123, Stage: "dedup", Reason: reason, Detail: "user_id: empty",
		Key: []byte("k"), Value: value, ValueSize: size(value), Origin: schemas.Origin{Emitter: "dedup", Partition: 3, Offset: offset},
	}
}

// broker holds the values in two dead-letter topics of one partition each.
func broker(t *testing.T, first, second [][]byte) sarama.Client {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(1, "events-dlq", "activity-dlq"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	client, err := kafka.Dial(cluster.ListenAddrs(), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	p, err := sarama.NewSyncProducerFromClient(client)
	require.NoError(t, err)
	for topic, values := range map[string][][]byte{"events-dlq": first, "activity-dlq": second} {
		for _, v := range values {
			_, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: topic, Key: sarama.StringEncoder("k"), Value: sarama.ByteEncoder(v)})
			require.NoError(t, err)
		}
	}
	require.NoError(t, p.Close())
	return client
}

func TestEachLetterIsGivenOnce(t *testing.T) {
	c := codec(t).DeadLetters
	encode := func(d *schemas.DeadLetter) []byte {
		b, err := c.Encode(d)
		require.NoError(t, err)
		return b
	}
	one, two, three := letter(1, schemas.ReasonMissingField, []byte("{}")), letter(2, schemas.ReasonNullValue, nil), letter(3, schemas.ReasonBadRow, []byte{0, 1})
	client := broker(t, [][]byte{encode(one), encode(two), encode(one), []byte("junk")}, [][]byte{encode(two), encode(three)})

	var got []Letter
	topics := []string{"events-dlq", "activity-dlq"}
	require.NoError(t, Each(t.Context(), client, c, topics, func(l Letter) error { got = append(got, l); return nil }))
	require.Len(t, got, 4)
	require.Equal(t, one, got[0].DeadLetter)
	require.Equal(t, two, got[1].DeadLetter)
	require.Equal(t, ID{"events-dlq", 0, 3}, got[2].About())
	require.Equal(t, schemas.ReasonNotAFormat, got[2].Reason)
	require.Equal(t, "junk", string(got[2].Value))
	require.Equal(t, three, got[3].DeadLetter)
	require.Equal(t, ID{"activity-dlq", 0, 1}, got[3].In)

	found, err := Find(t.Context(), client, c, topics, ID{"events", 3, 3})
	require.NoError(t, err)
	require.Equal(t, three, found.DeadLetter)
	_, err = Find(t.Context(), client, c, topics, ID{"events", 3, 4})
	require.ErrorIs(t, err, ErrNotFound)
	require.ErrorContains(t, err, "events/3/4")
}

func TestPrint(t *testing.T) {
	for name, c := range map[string]struct {
		value     []byte
		truncated bool
		want      string
	}{
		"text":   {[]byte(`{"user_id":""}`), false, "value:    14 bytes\n{\"user_id\":\"\"}\n"},
		"cut":    {[]byte(`{"a`), true, "value:    3 bytes, the first 3 kept\n{\"a\n"},
		"binary": {[]byte{0, 1, 'a'}, false, "value:    3 bytes\n00000000  00 01 61                                          |..a|\n"},
		"escape": {[]byte("\x1b[2J"), false, "value:    4 bytes\n00000000  1b 5b 32 4a                                       |.[2J|\n"},
		"null":   {nil, false, "value:    null\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l := letter(7, schemas.ReasonMissingField, c.value)
			l.Truncated, l.Key = c.truncated, []byte{0xff}
			var out bytes.Buffer
			require.NoError(t, Print(&out, Letter{l, ID{"events-dlq", 0, 9}}))
			require.Equal(t, "about:    events/3/7, appended 2015-01-01T00:00:00.123Z\nletter:   events-dlq/0/9\nstage:    dedup\n"+
				"reason:   missing_field\ndetail:   user_id: empty\norigin:   dedup, epoch 0, partition 3, offset 7, output 0\nkey:      0xff\n"+c.want, out.String())
		})
	}
	l := letter(7, schemas.ReasonMissingField, nil)
	l.Detail = "a\n\x1b[31mb"
	require.Equal(t, "events/3/7               2015-01-01T00:00:00.123Z  dedup            missing_field  a\ufffd\ufffd[31mb", Line(Letter{l, ID{}}))
}

func TestParseID(t *testing.T) {
	id, err := ParseID("events/3/7")
	require.NoError(t, err)
	require.Equal(t, ID{"events", 3, 7}, id)
	require.Equal(t, "events/3/7", id.String())
	for _, bad := range []string{"", "events/3", "events/3/7/1", "/3/7", "events/-1/7", "events/3/x", "events/9999999999/7"} {
		_, err := ParseID(bad)
		require.Error(t, err, bad)
	}
}

func TestTopicsAreThoseOfTheCatalogue(t *testing.T) {
	require.Subset(t, Topics(), []string{"events-dlq", "activity-dlq"})
	require.NotContains(t, Topics(), "events")
}
