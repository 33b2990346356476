package streams

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// told is what a listener of a view has been told, by key: the position of the row, NoPosition for none.
type told struct {
	mu sync.Mutex
	at map[string]schemas.Position
}

func (l *told) update(key string, row schemas.Row) {
	time.Sleep(50 * time.Microsecond) // so that a position that comes too early is seen
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at[key] = schemas.NoPosition
	if row != nil {
		l.at[key] = row.Last()
	}
}

func (l *told) of(key string) (schemas.Position, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.at[key]
	return at, ok
}

// written is a record in the log of a table.
type written struct {
	part   int32
	offset int64
	key    string
	pos    schemas.Position // of the row; NoPosition for a tombstone, which is the last record of its key
}

// missing returns a record that lies at or below read and is not to be seen in the view or was not told, nil for none. What
// is seen may be newer, as positions of a key grow with its records.
func missing(v *View, l *told, log []written, read []int64) *written {
	newest := map[string]written{}
	for _, w := range log {
		if int(w.part) < len(read) && w.offset <= read[w.part] {
			newest[w.key] = w
		}
	}
	for key, w := range newest {
		at, ok := l.of(key)
		row, has := v.Get(key)
		switch {
		case w.pos == schemas.NoPosition:
			ok = ok && at == schemas.NoPosition && !has
		case !strings.HasPrefix(key, shortLived): // such a row may be gone before the log here holds its tombstone
			ok = ok && at.Covers(w.pos) && has && row.Last().Covers(w.pos)
		}
		if !ok {
			return &w
		}
	}
	return nil
}

// shortLived begins the keys whose rows are deleted at once.
const shortLived = "gone"

// logOf makes the records of a table: rows of some keys, each newer than the last, and rows that are deleted soon.
func logOf(records int) (log []written) {
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range records {
		w := written{key: fmt.Sprint("key", rng.IntN(40)), pos: schemas.Position{Offset: int64(i)}}
		if i%10 == 0 {
			w.key = fmt.Sprint(shortLived, i)
			log = append(log, w)
			w.pos = schemas.NoPosition
		}
		log = append(log, w)
	}
	return log
}

// put writes a record and says where it lies.
func (b *bench) put(w *written) error {
	rec := &kgo.Record{Topic: "sum-table", Key: []byte(w.key)}
	if w.pos == schemas.NoPosition {
		rec.Headers = tombstone(schemas.Everything)
	} else {
		var err error
		if rec.Value, err = (tallyCodec{}).Encode(&tally{At: w.pos}); err != nil {
			return err
		}
	}
	sent, err := b.client.ProduceSync(context.Background(), rec).First()
	if err != nil {
		return err
	}
	w.part, w.offset = sent.Partition, sent.Offset
	return nil
}

// What Read says was read is in the rows, and listeners were told of it, at any moment while the table is written.
func TestRead_is_never_ahead_of_rows_and_listeners(t *testing.T) {
	t.Parallel()
	const parts = 3
	b := newBench(t, parts)
	listener := &told{at: map[string]schemas.Position{}}
	v, err := NewView(b.cfg, "sum-table", tallyCodec{}, listener.update)
	require.NoError(t, err)
	require.Empty(t, v.Read())
	b.start(v.Run)
	b.eventually("connected", func() bool { return len(v.Read()) == parts })
	require.Equal(t, []int64{-1, -1, -1}, v.Read())

	log := logOf(1_500)
	var there atomic.Int64 // of log
	failed := make(chan error, 1)
	go func() {
		for i := range log {
			if err := b.put(&log[i]); err != nil {
				failed <- err
				return
			}
			there.Add(1)
		}
		failed <- nil
	}()
	before := v.Read()
	for looks, writing := 0, true; writing; looks++ {
		select {
		case err := <-failed:
			require.NoError(t, err)
			require.Greater(t, looks, 20, "too few looks while the table was written")
			writing = false
		default:
		}
		read := v.Read()
		require.Nil(t, missing(v, listener, log[:there.Load()], read), "read up to %v", read)
		for p := range read {
			require.GreaterOrEqual(t, read[p], before[p])
		}
		before = read
	}
	ends := make([]int64, parts)
	for _, w := range log {
		ends[w.part] = max(ends[w.part], w.offset)
	}
	b.eventually("read to the end", func() bool { return fmt.Sprint(v.Read()) == fmt.Sprint(ends) })
	require.Nil(t, missing(v, listener, log, v.Read()))
}

// A record that changes nothing was read, too: a row that has seen less than the one there, a tombstone of no row, and what
// compaction left out of the log.
func TestRead_counts_records_that_change_nothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	updates := 0
	v, err := NewView(b.cfg, "sum-table", tallyCodec{}, func(string, schemas.Row) { updates++ })
	require.NoError(t, err)
	stop := b.start(v.Run)
	for _, at := range []int64{7, 6} {
		require.NoError(t, b.put(&written{key: "k", pos: schemas.Position{Offset: at}}))
	}
	b.eventually("read", func() bool { return fmt.Sprint(v.Read()) == "[1]" })
	require.NoError(t, b.put(&written{key: "none", pos: schemas.NoPosition}))
	b.eventually("read", func() bool { return fmt.Sprint(v.Read()) == "[2]" })
	require.NoError(t, stop())
	require.Equal(t, []int64{2}, v.Read(), "it stays while the view is away")
	require.Equal(t, 2, updates, "the row, and that there is no other")
}

// A topic that is created anew has offsets of its own.
func TestRead_begins_anew_with_the_topic(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.cfg.BackoffMin, b.cfg.BackoffMax = 20*time.Millisecond, 50*time.Millisecond
	create := func(rows int) {
		_, err := Provision(t.Context(), b.cfg.Brokers, []TopicSpec{{Name: "anew-table", Partitions: 1, Replication: 1}})
		require.NoError(t, err)
		b.client.PurgeTopicsFromClient("anew-table")
		b.fillTable("anew-table", rows)
	}
	create(5)
	v, err := NewView(b.cfg, "anew-table", tallyCodec{}, nil)
	require.NoError(t, err)
	stop := b.start(v.Run)
	b.eventually("read", func() bool { return fmt.Sprint(v.Read()) == "[4]" })
	_, err = b.admin.DeleteTopic(t.Context(), "anew-table")
	require.NoError(t, err)
	create(2)
	b.eventually("read anew", func() bool { return fmt.Sprint(v.Read()) == "[1]" })
	require.NoError(t, stop())
}
