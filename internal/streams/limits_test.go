package streams

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/schemas"
)

// roundGraph declares a group that may send records round.
func roundGraph(on goka.ProcessCallback) *goka.GroupGraph {
	return goka.DefineGroup(group, goka.Input(inTopic, jsonCodec[note]{}, on), goka.Output(inTopic, jsonCodec[note]{}), goka.Persist(tallyCodec{}))
}

// hoard keeps every id and passes on all it has; an id of "big" makes the output too large.
func hoard(ctx goka.Context, msg any) schemas.Outcome {
	n, r := msg.(*note), row(ctx)
	r.Seen[n.ID] = true // changed in place, before anything is refused
	r.Sum++
	ctx.SetValue(r)
	out := &note{ID: n.ID, Key: n.Key}
	if strings.HasPrefix(n.ID, "big") {
		out.ID = strings.Repeat("x", 2<<20)
	}
	ctx.Emit(outTopic, ctx.Key(), out)
	return schemas.Applied
}

// What is too large for its topic is refused, whole; everything else counts, and the stage goes on.
func TestTooLarge_is_refused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	var refused []string
	s, err := New(b.cfg, adderGraph, hoard, Options{Refuse: func(ctx goka.Context, why error, value []byte, _ int) schemas.Outcome {
		refused = append(refused, why.Error())
		require.Contains(t, string(value), `"ID"`)
		ctx.Emit(outTopic, ctx.Key(), &note{ID: "letter"})
		return schemas.Dead
	}})
	require.NoError(t, err)
	var recs []*kgo.Record
	add := func(id string) {
		v, err := jsonCodec[note]{}.Encode(note{ID: id, Key: "k", Delta: 1})
		require.NoError(t, err)
		recs = append(recs, &kgo.Record{Topic: inTopic, Key: []byte("k"), Value: v})
	}
	add("small 1")
	add("big 1") // behind a row that is not written yet
	for i := range 12 {
		add(fmt.Sprint(i, strings.Repeat("y", 150<<10))) // the row reaches a megabyte with the sixth or seventh
	}
	add("small 2")
	require.NoError(t, b.client.ProduceSync(t.Context(), recs...).FirstErr())
	b.start(s.Run)
	b.eventually("all committed", func() bool { return b.committed(group) == int64(len(recs)) })
	cps, err := fetchCheckpoints(t.Context(), b.client, group, inTopic)
	require.NoError(t, err)
	a := cps[0].meta.Accounting
	require.True(t, a.Balanced())
	require.EqualValues(t, len(recs), a.In)
	require.Equal(t, 1, strings.Count(strings.Join(refused, "\n"), "an output to out has"))
	require.EqualValues(t, len(refused), a.Dead)
	require.Contains(t, strings.Join(refused, "\n"), `the row of "k" would have`)
	require.EqualValues(t, a.Applied, b.sums(group + "-table")["k"], "what was refused left no trace in the row")
	letters := 0
	for _, r := range b.read(outTopic) {
		if strings.Contains(string(r.Value), `"letter"`) {
			letters++
		}
	}
	require.EqualValues(t, a.Dead, letters)
	require.LessOrEqual(t, s.Status().Rebuilds, 1)
}

// The changelog's limit is for key and row together: a row that is too large with its key only is refused, too.
func TestTooLarge_row_with_its_key_is_refused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	limit := "200000"
	_, err := b.admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "max.message.bytes", Value: &limit}}, group+"-table")
	require.NoError(t, err)
	s, err := New(b.cfg, adderGraph, func(ctx goka.Context, msg any) schemas.Outcome {
		ctx.SetValue(&tally{Seen: map[string]bool{msg.(*note).ID: true}})
		return schemas.Applied
	}, Options{Refuse: func(goka.Context, error, []byte, int) schemas.Outcome { return schemas.Dead }})
	require.NoError(t, err)
	key := func(n int) []byte { return fmt.Appendf(nil, "%s%d", strings.Repeat("k", 120_000), n) }
	for n, bytes := range []int{10_000, 100_000} {
		value, err := jsonCodec[note]{}.Encode(note{ID: strings.Repeat("y", bytes)})
		require.NoError(t, err)
		require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: inTopic, Key: key(n), Value: value}).FirstErr())
	}
	b.start(s.Run)
	b.eventually("all committed", func() bool { return b.committed(group) == 2 })
	cps, err := fetchCheckpoints(t.Context(), b.client, group, inTopic)
	require.NoError(t, err)
	require.Equal(t, schemas.Accounting{In: 2, Applied: 1, Dead: 1}, cps[0].meta.Accounting)
	require.Zero(t, s.Status().Rebuilds)
}

// A letter that is too large with the input's value does without it, and says so.
func TestTooLarge_letter_leaves_the_value_out(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	s, err := New(b.cfg, adderGraph, hoard, Options{Refuse: func(ctx goka.Context, why error, value []byte, size int) schemas.Outcome {
		ctx.Emit(outTopic, ctx.Key(), &note{ID: fmt.Sprintf("letter of %d: %v", size, why), Key: strings.Repeat("v", 4*len(value))})
		return schemas.Dead
	}})
	require.NoError(t, err)
	value, err := jsonCodec[note]{}.Encode(note{ID: "big" + strings.Repeat("y", 400<<10), Key: "k"})
	require.NoError(t, err)
	key := strings.Repeat("k", 200<<10) // it does not belong into a text either
	require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: inTopic, Key: []byte(key), Value: value}).FirstErr())
	b.produce()
	b.start(s.Run)
	b.eventually("all committed", func() bool { return b.committed(group) == records+1 })
	require.Zero(t, s.Status().Rebuilds)
	letter, err := jsonCodec[note]{}.Decode(b.read(outTopic)[0].Value)
	require.NoError(t, err)
	require.Regexp(t, fmt.Sprintf(`^letter of %d: an output to out has .* the value of %d bytes is left out`, len(value), len(value)), letter.(*note).ID)
	require.Less(t, len(letter.(*note).ID), 1000)
	require.Empty(t, letter.(*note).Key)
}

// Rows whose newest part is older than Keep, by the time of the log, leave memory and changelog.
func TestRows_expire_by_the_time_of_the_log(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	s, err := New(b.cfg, agingGraph, func(ctx goka.Context, _ any) schemas.Outcome {
		ctx.SetValue(&agingTally{tally: tally{Sum: 1}, Time: ctx.Timestamp().UnixMilli()})
		return schemas.Applied
	}, Options{Keep: time.Hour})
	require.NoError(t, err)
	began := time.Now().Add(-48 * time.Hour)
	send := func(key string, at time.Time) {
		require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: inTopic, Key: []byte(key), Value: []byte("{}"), Timestamp: at}).FirstErr())
	}
	for i := range 100 {
		send(fmt.Sprint("old", i), began)
	}
	b.start(s.Run)
	rows := func() int64 {
		st := s.Status()
		if len(st.Partitions) == 0 {
			return -1
		}
		return st.Partitions[0].Rows
	}
	b.eventually("kept", func() bool { return rows() == 100 })
	time.Sleep(1500 * time.Millisecond)
	require.EqualValues(t, 100, rows(), "two days ago by the clock, now by the log")
	send("new", began.Add(time.Hour))
	b.eventually("expired", func() bool { return rows() == 1 })
	left := map[string]bool{}
	for _, r := range b.read(group + "-table") {
		left[string(r.Key)] = r.Value != nil
		if r.Value == nil {
			at, err := seen(agingCodec{}, r)
			require.NoError(t, err)
			require.Equal(t, "old"+strconv.FormatInt(at.Offset, 10), string(r.Key), "it says what its row had seen")
		}
	}
	require.Len(t, left, 101)
	for key, has := range left {
		require.Equal(t, key == "new", has, key)
	}
}

// A record that lies in another partition than its key's, and came compressed, may be too large to be sent on.
func TestMisplaced_too_large_is_refused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	refused := make(chan string, 2)
	s, err := New(b.cfg, roundGraph, addUp, Options{Refuse: func(_ goka.Context, why error, _ []byte, _ int) schemas.Outcome {
		refused <- why.Error()
		return schemas.Dead
	}})
	require.NoError(t, err)
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerBatchMaxBytes(16<<20))
	require.NoError(t, err)
	defer cl.Close()
	key := []byte("k")
	rec := &kgo.Record{Topic: inTopic, Partition: 1 - murmur2.Partition(key, 2), Key: key, Value: bytes.Repeat([]byte("{"), 3<<20)}
	require.NoError(t, cl.ProduceSync(t.Context(), rec).FirstErr())
	b.produce()
	b.start(s.Run)
	b.eventually("all committed", func() bool { return b.committed(group) == records+1 })
	require.Contains(t, <-refused, "at most")
	require.Empty(t, refused)
	require.Zero(t, s.Status().Rebuilds)
}

type agingTally struct {
	tally
	Time int64
}

func (a *agingTally) Newest() int64 { return a.Time }

type agingCodec struct{ jsonCodec[agingTally] }

func (agingCodec) New() schemas.Row                          { return &agingTally{} }
func (agingCodec) Last(raw []byte) (schemas.Position, error) { return tallyCodec{}.Last(raw) }

func agingGraph(on goka.ProcessCallback) *goka.GroupGraph {
	return goka.DefineGroup(group, goka.Input(inTopic, jsonCodec[note]{}, on), goka.Persist(agingCodec{}))
}

// A stage that is rebuilt again and again says so.
func TestCrashLoop_is_told(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.cfg.CrashLoop, b.cfg.BackoffMin, b.cfg.BackoffMax = 3, 10*time.Millisecond, 20*time.Millisecond
	b.produce()
	f := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: group + "-table", Err: kerr.UnknownServerError, Count: -1})
	s, _ := b.stage("one")
	b.eventually("told", func() bool { return s.Status().CrashLoop })
	require.Positive(t, f.Hits())
	f.Remove()
	b.eventually("runs again", func() bool { return b.committed(group) == records })
}

// Nothing is written once the coordinator may have given the partitions away.
func TestLease(t *testing.T) {
	l := newLease(150*time.Millisecond, false)
	server := listen(t)
	conn, err := l.dial(context.Background(), "tcp", server)
	require.NoError(t, err)
	defer conn.Close()
	_, err = conn.Write([]byte("x"))
	require.NoError(t, err)
	heartbeat := func() { l.OnBrokerE2E(kgo.BrokerMetadata{}, int16(kmsg.Heartbeat), kgo.BrokerE2E{}) }
	for range 4 {
		time.Sleep(60 * time.Millisecond)
		heartbeat()
	}
	_, err = conn.Write([]byte("x"))
	require.NoError(t, err, "heartbeats are answered")
	time.Sleep(200 * time.Millisecond) // as if frozen
	_, err = conn.Write([]byte("x"))
	require.ErrorIs(t, err, errLeaseOver)
	heartbeat()
	require.False(t, l.valid(), "an answer that comes too late may say that the member is unknown")
	require.True(t, newLease(time.Nanosecond, true).valid(), "the control has no gate")
}

// A table may name its rows otherwise than by the keys of records: so they lie in the changelog, and are found again by
// the next owner.
func TestRowKey_names_the_rows(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	short := func(key string) string { return key[1:] }
	for run := int64(1); run <= 2; run++ {
		b.produce()
		s, err := New(b.cfg, adderGraph, addAndPass, Options{RowKey: short})
		require.NoError(t, err)
		stop := b.start(s.Run)
		b.eventually("done", func() bool { return b.committed(group) == run*records })
		require.NoError(t, stop())
	}
	want := map[string]int{}
	for key, sum := range wantSums() {
		want[short(key)] = 2 * sum
	}
	require.Equal(t, want, b.sums(group+"-table"))
}
