package e2e

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// bad is a value that must be refused, and why.
type bad struct {
	name   string
	value  []byte
	reason schemas.Reason
}

func poison(now time.Time, avro []byte) []bad {
	at := func(d time.Duration) string { return now.Add(d).UTC().Format(time.RFC3339Nano) }
	event := func(fields string) []byte {
		return []byte(`{"user_id":"u","post_id":"p","action":"view","event_time":"` + at(0) + `"` + fields + `}`)
	}
	unknown := bytes.Clone(avro)
	binary.BigEndian.PutUint32(unknown[1:], 99_999)
	noise := make([]byte, 200)
	for i := range noise {
		noise[i] = byte(1 + rand.IntN(31)) // neither a frame nor JSON
	}
	return []bad{
		{"random bytes", noise, schemas.ReasonNotAFormat},
		{"empty value", []byte{}, schemas.ReasonNotAFormat},
		{"truncated Avro", avro[:len(avro)-7], schemas.ReasonMalformed},
		{"Avro with bytes left over", append(bytes.Clone(avro), 1, 2, 3), schemas.ReasonMalformed},
		{"unknown schema id", unknown, schemas.ReasonUnknownSchema},
		{"half a JSON", event("")[:40], schemas.ReasonMalformed},
		{"user_id is a number", []byte(`{"user_id":7,"post_id":"p","action":"view","ts":` + strconv.FormatInt(now.UnixMilli(), 10) + `}`), schemas.ReasonWrongType},
		{"time is text", []byte(`{"user_id":"u","post_id":"p","action":"view","ts":"soon"}`), schemas.ReasonWrongType},
		{"no post", []byte(`{"user_id":"u","action":"view","ts":` + strconv.FormatInt(now.UnixMilli(), 10) + `}`), schemas.ReasonMissingField},
		{"no time", []byte(`{"user_id":"u","post_id":"p","action":"view"}`), schemas.ReasonMissingField},
		{"unknown action", []byte(`{"user_id":"u","post_id":"p","action":"poke","event_time":"` + at(0) + `"}`), schemas.ReasonInvalidField},
		{"invalid UTF-8", []byte("{\"user_id\":\"u\xff\xfe\",\"post_id\":\"p\",\"action\":\"view\",\"event_time\":\"" + at(0) + "\"}"), schemas.ReasonInvalidField},
		{"long device", event(`,"device":"` + strings.Repeat("d", 1000) + `"`), schemas.ReasonInvalidField},
		{"before 1970", []byte(`{"user_id":"u","post_id":"p","action":"view","ts":-1}`), schemas.ReasonInvalidField},
		{"year 292277", []byte(`{"user_id":"u","post_id":"p","action":"view","ts":9223372036854775807}`), schemas.ReasonInvalidField},
		{"tomorrow", []byte(`{"user_id":"u","post_id":"p","action":"view","event_time":"` + at(24*time.Hour) + `"}`), schemas.ReasonFuture},
		{"more than 1 MiB", event(`,"device":"` + strings.Repeat("d", 1<<20+4096) + `"`), schemas.ReasonTooLarge},
		{"null value", nil, schemas.ReasonNullValue},
	}
}

// Bad records between good ones: the good ones count, each bad one is a dead letter, nothing restarts. Good ones under
// somebody else's key, or none, count too.
func TestPoison_harms_nobody(t *testing.T) {
	s := start(t, startServers(t, ""), app.Roles...)
	reg, err := registry.New(s.cfg.Registry, s.log())
	require.NoError(t, err)
	defer reg.Close()
	codecs, err := schemas.NewCodecs(t.Context(), reg)
	require.NoError(t, err)
	now := time.Now()

	const good = 600
	var msgs []*sarama.ProducerMessage
	foreign := 0
	for i := range good {
		e := &schemas.Event{EventID: fmt.Sprint("e", i), EventTime: now.UnixMilli(), UserID: fmt.Sprint("u", i%50), PostID: fmt.Sprint("p", i%7), Action: engagement.View}
		value, err := codecs.Events.Encode(e)
		require.NoError(t, err)
		if i%2 == 1 {
			value = fmt.Appendf(nil, `{"event_id":%q,"user_id":%q,"post_id":%q,"action":"view","ts":%d}`, e.EventID, e.UserID, e.PostID, e.EventTime)
		}
		m := &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder(e.Key()), Value: sarama.ByteEncoder(value)}
		switch i % 10 {
		case 3: // keyed by user, as older producers do
			m.Key, foreign = sarama.StringEncoder(e.UserID), foreign+1
		case 7:
			m.Key, foreign = nil, foreign+1
		}
		msgs = append(msgs, m)
	}
	sample, err := codecs.Events.Encode(&schemas.Event{EventID: "x", EventTime: now.UnixMilli(), UserID: "u", PostID: "p", Action: engagement.View})
	require.NoError(t, err)
	bads := poison(now, sample)
	for i, b := range bads {
		m := &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder("u:p"), Metadata: b}
		if b.value != nil {
			m.Value = sarama.ByteEncoder(b.value)
		}
		at := i * len(msgs) / len(bads)
		msgs = append(msgs[:at], append([]*sarama.ProducerMessage{m}, msgs[at:]...)...)
	}
	produce(t, s, msgs)

	st := s.drained(int64(good + len(bads) + foreign))
	requireBalanced(t, st)
	require.Equal(t, schemas.Accounting{In: int64(good + len(bads) + foreign), Applied: good, Skipped: int64(foreign), Dead: int64(len(bads))}, st.Accounting["dedup"])
	for p := range 7 {
		var got struct{ Views int64 }
		require.Equal(t, http.StatusOK, s.get(fmt.Sprintf("/v1/posts/p%d/stats", p), &got))
		want := int64(0)
		for i := range good {
			if i%7 == p {
				want++
			}
		}
		require.Equal(t, want, got.Views)
	}
	rows := devstacktest.Query(t, s.stack.Stack, s.cfg.ClickHouse.Database, "SELECT count() AS n, uniqExact(event_id) AS ids FROM post_events")[0]
	require.Equal(t, map[string]any{"n": float64(good), "ids": float64(good)}, rows)
	s.requireLetters(codecs, msgs, bads)
	require.NotContains(t, s.metrics(), "nova_stream_rebuilds_total{", "no stage was rebuilt")
}

// requireLetters compares events-dlq with what was sent: each bad value once, with its reason and where it lay.
func (s *system) requireLetters(codecs *schemas.Codecs, msgs []*sarama.ProducerMessage, bads []bad) {
	s.t.Helper()
	type place struct {
		partition int32
		offset    int64
	}
	got := map[place]*schemas.DeadLetter{}
	client, err := kafka.Dial(s.cfg.Kafka.Brokers, "letters")
	require.NoError(s.t, err)
	defer client.Close()
	for p := range s.cfg.Kafka.Partitions {
		require.NoError(s.t, kafka.ReadPartition(s.t.Context(), client, string(topology.EventsDLQ), p, func(m *sarama.ConsumerMessage) error {
			v, err := codecs.DeadLetters.Decode(m.Value)
			require.NoError(s.t, err)
			l := v.(*schemas.DeadLetter)
			got[place{l.Partition, l.Offset}] = l
			return nil
		}))
	}
	require.Len(s.t, got, len(bads))
	for _, m := range msgs {
		l := got[place{m.Partition, m.Offset}]
		b, isBad := m.Metadata.(bad)
		if !isBad {
			require.Nil(s.t, l, "a good event was refused")
			continue
		}
		require.NotNil(s.t, l, b.name)
		require.Equal(s.t, b.reason, l.Reason, "%s: %s", b.name, l.Detail)
		require.Equal(s.t, b.value != nil, l.Detail != "", b.name)
		require.Equal(s.t, string(topology.Events), l.Topic)
		require.Equal(s.t, string(topology.Dedup), l.Stage)
		require.Equal(s.t, string(b.value), string(l.Value), b.name)
		require.Equal(s.t, b.value == nil, l.ValueSize == -1, b.name)
		require.Equal(s.t, "u:p", string(l.Key))
		require.False(s.t, l.Truncated)
	}
}

func produce(t *testing.T, s *system, msgs []*sarama.ProducerMessage) {
	t.Helper()
	cfg := kafka.NewConfig("poison")
	cfg.Producer.MaxMessageBytes = topology.MaxEventBytes
	p, err := sarama.NewSyncProducer(s.cfg.Kafka.Brokers, cfg)
	require.NoError(t, err)
	defer p.Close()
	for _, m := range msgs {
		m.Partition, m.Offset, err = p.SendMessage(m)
		require.NoError(t, err)
	}
}

func (s *system) metrics() string {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "http://"+s.app.Addr()+"/metrics", nil)
	require.NoError(s.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.Contains(s.t, string(body), "nova_stream_inputs_total")
	return string(body)
}
