package streams

import (
	"log/slog"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// arrival is what goka tells a view of a record.
type arrival struct {
	part    int32
	headers []kgo.RecordHeader
}

func (arrival) Topic() goka.Stream   { return "" }
func (a arrival) Partition() int32   { return a.part }
func (arrival) Offset() int64        { return 0 }
func (arrival) Timestamp() time.Time { return time.Time{} }
func (a arrival) Headers() goka.Headers {
	h := goka.Headers{}
	for _, r := range a.headers {
		h[r.Key] = r.Value
	}
	return h
}

// changelog is a log of one key: a row for each offset, a tombstone for each negative one.
func changelog(t *testing.T, offsets ...int64) []*kgo.Record {
	t.Helper()
	recs := make([]*kgo.Record, len(offsets))
	for i, o := range offsets {
		recs[i] = &kgo.Record{Key: []byte("k"), Offset: int64(i)}
		if o < 0 {
			recs[i].Headers = tombstone(schemas.Position{Offset: -o})
			continue
		}
		var err error
		recs[i].Value, err = tallyCodec{}.Encode(&tally{At: schemas.Position{Offset: o}})
		require.NoError(t, err)
	}
	return recs
}

// A tombstone that comes late leaves a row that has seen more, in memory and on disk, as often as the table is read, and
// the row is sent again behind it.
func TestTombstone_leaves_a_row_that_has_seen_more(t *testing.T) {
	dir := t.TempDir()
	for name, open := range map[string]func() tablestore.Store{
		"memory": func() tablestore.Store { return tablestore.NewMemory() },
		"disk": func() tablestore.Store {
			s, err := tablestore.OpenDisk(dir, "t", tablestore.DiskOptions{})
			require.NoError(t, err)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			recs := changelog(t, 9, -7)
			read := func() (tablestore.Store, *table, []sent) {
				store := open()
				tab := newTable("t", 0, tallyCodec{}, new(outgoing), store, 1, 0)
				require.NoError(t, tab.recover(recs[store.Next():], 2))
				e, err := tab.get("k")
				require.NoError(t, err)
				require.Equal(t, schemas.Position{Offset: 9}, e.row.Last())
				require.EqualValues(t, 1, store.Next(), "whoever opens it next sees the tombstone, too")
				require.NoError(t, tab.resend())
				again, err := tab.flush()
				require.NoError(t, err)
				require.Len(t, again, 1)
				return store, tab, again
			}
			store, _, _ := read()
			require.NoError(t, store.Close())
			store, tab, again := read()
			again[0].rec.Offset = 2
			require.NoError(t, tab.acknowledged(again, false))
			require.EqualValues(t, 3, store.Next(), "outdone")
			require.NoError(t, store.Close())
		})
	}
}

// What a log comes to, for a table that recovers it, at once or record by record, and for a view.
func TestTombstone_in_a_log(t *testing.T) {
	for name, c := range map[string]struct {
		log  []int64
		want int64 // position of the row, 0 for none
	}{
		"of the row":                     {[]int64{9, -9}, 0},
		"of a newer row":                 {[]int64{7, -9}, 0},
		"of an older row":                {[]int64{9, -7}, 9},
		"of no row":                      {[]int64{-7}, 0},
		"late, for a row made anew":      {[]int64{7, -7, 9, -7}, 9},
		"twice":                          {[]int64{9, -7, -9}, 0},
		"between rows":                   {[]int64{9, -7, 8}, 9},
		"in front of an older row's end": {[]int64{9, -9, 8}, 8}, // that one is worthless, and will go again
		"in front of a newer row":        {[]int64{9, -9, 10}, 10},
	} {
		recs := changelog(t, c.log...)
		at := func(row schemas.Row) int64 {
			if row == nil {
				return 0
			}
			return row.Last().Offset
		}
		for _, step := range []int{1, len(recs)} {
			store := tablestore.NewMemory()
			tab := newTable("t", 0, tallyCodec{}, new(outgoing), store, 1, 0)
			for i := 0; i+step <= len(recs); i += step {
				require.NoError(t, tab.recover(recs[i:i+step], int64(i+step)), name)
			}
			e, err := tab.get("k")
			require.NoError(t, err)
			if e == nil {
				e = &entry{}
			}
			require.Equal(t, c.want, at(e.row), name)
		}
		told := schemas.Row(nil)
		v := &View{codec: tallyCodec{}, onUpdate: func(_ string, row schemas.Row) { told = row }, parts: map[int32]*viewPart{}}
		for _, r := range recs {
			require.NoError(t, v.update(arrival{0, r.Headers}, nil, "k", r.Value), name)
		}
		row, _ := v.Get("k")
		require.Equal(t, c.want, at(row), name)
		require.Equal(t, c.want, at(told), name)
	}
}

// Tombstones of a time when they did not say what they have seen remove whatever is there; damaged ones are told.
func TestTombstone_without_a_position(t *testing.T) {
	row := changelog(t, 9)[0]
	read := func(headers []kgo.RecordHeader) (rows int64, recovering, viewing error) {
		store := tablestore.NewMemory()
		gone := &kgo.Record{Key: []byte("k"), Headers: headers, Offset: 1}
		recovering = newTable("t", 0, tallyCodec{}, new(outgoing), store, 1, 0).recover([]*kgo.Record{row, gone}, 2)
		v := &View{cfg: Config{Log: slog.New(slog.DiscardHandler)}, codec: tallyCodec{}, onUpdate: func(string, schemas.Row) {}, parts: map[int32]*viewPart{}}
		require.NoError(t, v.update(arrival{}, nil, "k", row.Value))
		viewing = v.update(arrival{headers: headers}, nil, "k", nil)
		return store.Size().Rows + v.part(0).rows.Size().Rows, recovering, viewing
	}
	rows, recovering, viewing := read([]kgo.RecordHeader{{Key: "of others", Value: []byte("x")}})
	require.NoError(t, recovering)
	require.NoError(t, viewing)
	require.Zero(t, rows)
	_, recovering, viewing = read([]kgo.RecordHeader{{Key: schemas.TombstoneHeader, Value: []byte("x")}})
	require.ErrorContains(t, recovering, "t/0")
	require.ErrorContains(t, viewing, `"k"`)
}

// The record of a tombstone that was acknowledged is used again without its header.
func TestOutgoing_forgets_headers(t *testing.T) {
	tab := newTable("t", 0, tallyCodec{}, new(outgoing), tablestore.NewMemory(), 1, 0)
	tab.set(nil, "k", &tally{}, schemas.Position{Epoch: 1, Offset: 9}, 0)
	ack := func() *kgo.Record {
		out, err := tab.flush()
		require.NoError(t, err)
		require.Len(t, out, 1)
		out[0].rec.Offset = tab.next
		was := *out[0].rec
		require.NoError(t, tab.acknowledged(out, false))
		require.Nil(t, out[0].rec.Headers, "as it went to the pool")
		return &was
	}
	require.Empty(t, ack().Headers)
	e, err := tab.get("k")
	require.NoError(t, err)
	tab.remove(e)
	gone := ack()
	require.Nil(t, gone.Value)
	at, err := seen(tallyCodec{}, gone)
	require.NoError(t, err)
	require.Equal(t, schemas.Position{Epoch: 1, Offset: 9}, at)
	tab.set(nil, "k", &tally{}, schemas.Position{Epoch: 1, Offset: 10}, 0)
	require.Empty(t, ack().Headers)
}
