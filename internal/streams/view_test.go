package streams

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// fillTable writes rows as any Java client would place them.
func (b *bench) fillTable(topic string, keys int) {
	b.t.Helper()
	var recs []*kgo.Record
	for i := range keys {
		v, err := tallyCodec{}.Encode(&tally{Sum: i, At: schemas.Position{Offset: int64(i)}})
		require.NoError(b.t, err)
		recs = append(recs, &kgo.Record{Topic: topic, Key: fmt.Appendf(nil, "key%d", i), Value: v})
	}
	require.NoError(b.t, b.client.ProduceSync(b.t.Context(), recs...).FirstErr())
}

func TestView_finds_every_key(t *testing.T) {
	const keys = 400
	b := newBench(t, 4)
	b.fillTable("sum-table", keys)
	var updates atomic.Int64
	v, err := NewView(b.cfg, "sum-table", tallyCodec{}, func(string, schemas.Row) { updates.Add(1) })
	require.NoError(t, err)
	b.start(v.Run)
	b.eventually("recovered", v.Recovered)
	for i := range keys {
		row, ok := v.Get(fmt.Sprint("key", i))
		require.True(t, ok, i)
		require.Equal(t, i, row.(*tally).Sum)
		require.True(t, v.Look(fmt.Sprint("key", i), func(looked schemas.Row) { require.Equal(t, row, looked) }))
	}
	require.EqualValues(t, keys, updates.Load())
	_, ok := v.Get("absent")
	require.False(t, ok)
	require.False(t, v.Look("absent", func(schemas.Row) { require.Fail(t, "there is none") }))
}

// TestView_Look decodes into the rows that it gave before, without a trace of them, for many at once.
func TestView_Look(t *testing.T) {
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	v, err := NewView(newBench(t, 1).cfg, "scores-table", codecs.ScoreRows, nil)
	require.NoError(t, err)
	for i := range 50 {
		row := &schemas.ScoreRow{LastEngagement: int64(i)}
		for b := range i % 7 {
			row.Buckets = append(row.Buckets, engagement.Bucket{Start: int64(b), Last: int64(i), Counts: engagement.Counts{Views: 1}})
		}
		value, err := codecs.ScoreRows.Encode(row)
		require.NoError(t, err)
		require.NoError(t, v.part(0).Set(fmt.Sprint("key", i), value))
	}
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for i := range 50 {
				want, _ := v.Get(fmt.Sprint("key", i))
				found := v.Look(fmt.Sprint("key", i), func(row schemas.Row) { assert.Equal(t, want, row) })
				assert.True(t, found)
			}
		})
	}
	readers.Wait()
}

// A plain goka.View reads the table with our codec, and finds its keys with our hasher; with goka's own it finds about
// one in four of them.
func TestView_of_goka_reads_the_table(t *testing.T) {
	const keys = 400
	b := newBench(t, 4)
	b.fillTable("sum-table", keys)
	found := func(opts ...goka.ViewOption) (n int) {
		v, err := goka.NewView(b.cfg.Brokers, "sum-table", tallyCodec{}, append(opts,
			goka.WithViewLogger(gokaLog{b.cfg.Log}), goka.WithViewStorageBuilder(storage.MemoryBuilder()),
			goka.WithViewConsumerSaramaBuilder(goka.SaramaConsumerBuilderWithConfig(kafka.NewConfig("plain"))),
			goka.WithViewTopicManagerBuilder(goka.TopicManagerBuilderWithConfig(kafka.NewConfig("plain"), goka.NewTopicManagerConfig())))...)
		require.NoError(t, err)
		b.start(v.Run)
		b.eventually("recovered", v.Recovered)
		for i := range keys {
			if row, err := v.Get(fmt.Sprint("key", i)); err == nil && row != nil {
				require.Equal(t, i, row.(*tally).Sum)
				n++
			}
		}
		return n
	}
	require.Equal(t, keys, found(goka.WithViewHasher(murmur2.New)))
	require.Less(t, found(), keys/2)
}

// Of two rows the one that has seen more input wins, whichever comes last: an old owner may write late.
func TestView_and_table_keep_the_row_that_has_seen_more(t *testing.T) {
	b := newBench(t, 1)
	for _, offset := range []int64{7, 9, 8} {
		v, err := tallyCodec{}.Encode(&tally{Sum: int(offset), At: schemas.Position{Offset: offset}})
		require.NoError(t, err)
		require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: "sum-table", Key: []byte("k"), Value: v}).FirstErr())
	}
	v, err := NewView(b.cfg, "sum-table", tallyCodec{}, nil)
	require.NoError(t, err)
	b.start(v.Run)
	b.eventually("recovered", v.Recovered)
	row, ok := v.Get("k")
	require.True(t, ok)
	require.Equal(t, 9, row.(*tally).Sum)

	store := tablestore.NewMemory()
	tab := newTable("t", 0, tallyCodec{}, new(outgoing), store, 1, 0)
	require.NoError(t, tab.recover(b.read("sum-table"), 3))
	e, err := tab.get("k")
	require.NoError(t, err)
	require.Equal(t, 9, e.row.(*tally).Sum)
	require.Equal(t, schemas.Position{Offset: 9}, e.row.Last())

	// The winner is sent again before compaction can leave the loser alone. Until then whoever opens the store reads
	// the loser once more.
	require.EqualValues(t, 2, store.Next())
	require.NoError(t, tab.resend())
	again, err := tab.flush()
	require.NoError(t, err)
	require.Len(t, again, 1)
	again[0].rec.Offset = 3
	last, err := tallyCodec{}.Last(again[0].rec.Value)
	require.NoError(t, err)
	require.Equal(t, schemas.Position{Offset: 9}, last)
	require.NoError(t, tab.acknowledged(again, false))
	require.EqualValues(t, 4, store.Next())
}

// A view waits for a table that does not exist yet, and forgets rows that are deleted.
func TestView_waits_for_its_table(t *testing.T) {
	b := newBench(t, 1)
	b.cfg.BackoffMin, b.cfg.BackoffMax = 20*time.Millisecond, 50*time.Millisecond
	v, err := NewView(b.cfg, "later-table", tallyCodec{}, nil)
	require.NoError(t, err)
	stop := b.start(v.Run)
	time.Sleep(200 * time.Millisecond)
	require.False(t, v.Recovered())
	_, err = Provision(context.Background(), b.cfg.Brokers, []TopicSpec{{Name: "later-table", Partitions: 1, Replication: 1}})
	require.NoError(t, err)
	b.fillTable("later-table", 1)
	b.eventually("recovered", func() bool { _, ok := v.Get("key0"); return ok })
	require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: "later-table", Key: []byte("key0")}).FirstErr())
	b.eventually("deleted", func() bool { _, ok := v.Get("key0"); return !ok })
	require.NoError(t, stop())
}

// A tombstone that comes late leaves a row that has seen more; its position lies in a header, which goka hands on.
func TestView_keeps_a_row_that_has_seen_more_than_a_tombstone(t *testing.T) {
	b := newBench(t, 1)
	b.fillTable("sum-table", 10)
	gone := func(key string, at int64) *kgo.Record {
		return &kgo.Record{Topic: "sum-table", Key: []byte(key), Headers: tombstone(schemas.Position{Offset: at})}
	}
	require.NoError(t, b.client.ProduceSync(t.Context(), gone("key9", 8), gone("key8", 8)).FirstErr())
	v, err := NewView(b.cfg, "sum-table", tallyCodec{}, nil)
	require.NoError(t, err)
	b.start(v.Run)
	b.eventually("recovered", v.Recovered)
	has := func(key string) bool { _, ok := v.Get(key); return ok }
	require.True(t, has("key9"))
	require.False(t, has("key8"))
	require.NoError(t, b.client.ProduceSync(t.Context(), gone("key7", 6), gone("key6", 6)).FirstErr())
	b.eventually("deleted", func() bool { return !has("key6") })
	require.True(t, has("key7"))
}
