package tablestore

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// small returns a store whose chunks are so small that rows fill, exceed and empty them all the time.
func small(size int) *Memory { return &Memory{log: log{size: size}} }

func TestMemory_does_what_the_model_does(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.SampledFrom([]int{64, 256, 1024}).Draw(t, "chunk size")
		store, want := small(size), newModel()
		steps := rapid.SliceOfN(batches(2*size), 1, 30).Draw(t, "batches")
		for i, rows := range steps {
			require.NoError(t, store.Apply(rows, int64(i)))
			want.apply(rows, int64(i))
			want.require(t, store, true)
			requireSound(t, store)
		}
	})
}

// requireSound recounts what a store counts.
func requireSound(t require.TestingT, m *Memory) {
	var live, held int64
	entries, reserved := 0, int64(cap(m.log.spare))
	for id, older := m.log.oldest, uint32(0); id != 0; id = m.log.chunks[id].newer {
		c := &m.log.chunks[id]
		require.Equal(t, older, c.older)
		require.LessOrEqual(t, len(c.data), cap(c.data))
		inChunk := 0
		for offset := 0; offset < len(c.data); {
			e := entryAt(c.data, offset)
			if !e.garbage {
				require.GreaterOrEqual(t, offset, c.first)
				inChunk += e.next - offset
				entries++
			}
			offset = e.next
		}
		require.Equal(t, inChunk, c.live)
		require.Positive(t, inChunk)
		live += int64(inChunk)
		held += int64(cap(c.data))
		older = id
	}
	require.Equal(t, live, m.log.live)
	require.Equal(t, held+reserved, m.log.held)
	require.Equal(t, int64(entries), m.rows)
	used := 0
	for i := range m.index {
		used += m.index[i].used
	}
	require.Equal(t, entries, used)
}

func dedupRow(i int) Row {
	var b [32]byte
	r := rand.New(rand.NewPCG(uint64(i), 1))
	for j := range b {
		b[j] = byte(r.Uint32())
	}
	return Row{
		Key:   fmt.Sprintf("%x-%x-%x-%x-%x:%x-%x-%x-%x-%x", b[0:4], b[4:6], b[6:8], b[8:10], b[10:16], b[16:20], b[20:22], b[22:24], b[24:26], b[26:32]),
		Value: b[:31],
	}
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int64(s.HeapAlloc)
}

// TestMemory_takes_little_beside_the_rows checks the bytes per row of a table like dedup's, and that they come back.
func TestMemory_takes_little_beside_the_rows(t *testing.T) {
	const rows = 1_000_000
	before := heap()
	store := NewMemory()
	batch := make([]Row, 0, 1000)
	for i := range rows {
		if batch = append(batch, dedupRow(i)); len(batch) == cap(batch) {
			require.NoError(t, store.Apply(batch, int64(i)))
			batch = batch[:0]
		}
	}
	clear(batch[:cap(batch)])
	full := heap() - before
	require.Less(t, full/rows, int64(135))
	require.InDelta(t, full, store.Size().Memory, float64(full)/50)
	start := time.Now()
	runtime.GC()
	t.Logf("%.1f B/row on the heap, %.1f by Size; a collection takes %v", float64(full)/rows, float64(store.Size().Memory)/rows, time.Since(start))

	var keys []Row
	for store.Size().Rows > rows/10 {
		keys = keys[:0]
		require.NoError(t, store.Oldest(func(key string, _ []byte) bool {
			keys = append(keys, Row{Key: key})
			return len(keys) < 1000
		}))
		require.NoError(t, store.Apply(keys, rows))
	}
	clear(keys[:cap(keys)])
	left := heap() - before
	t.Logf("%.1f B/row once nine tenths are gone", float64(left)/(rows/10))
	require.Less(t, left, full/5)
	runtime.KeepAlive(store)
}

// TestMemory_holds_twice_its_rows_at_most rewrites rows at random, some much more often than others, and checks that
// garbage does not pile up and that no single row waits for the cleaning.
func TestMemory_holds_twice_its_rows_at_most(t *testing.T) {
	const rows = 100_000
	r := rand.New(rand.NewPCG(1, 2))
	store := NewMemory()
	value := make([]byte, 200)
	worst, slow := time.Duration(0), 0
	for i := range 20 * rows {
		key := r.IntN(rows)
		if i%2 == 0 {
			key %= rows / 100
		}
		row := []Row{{Key: fmt.Sprintf("post-%08d", key), Value: value[:20+r.IntN(180)]}}
		start := time.Now()
		require.NoError(t, store.Apply(row, int64(i)))
		took := time.Since(start)
		worst = max(worst, took)
		if took > time.Millisecond {
			slow++
		}
		if i%1000 == 0 {
			require.LessOrEqual(t, store.log.held, 5*store.log.live/2+4*chunkSize)
		}
	}
	t.Logf("live %d, held %d bytes; %d calls of Apply took over 1 ms, the slowest %v", store.log.live, store.log.held, slow, worst)
	requireSound(t, store)
}

func BenchmarkMemory_Apply(b *testing.B) {
	rows := make([]Row, 1_000_000)
	for i := range rows {
		rows[i] = dedupRow(i)
	}
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		b.ResetTimer()
		store := NewMemory()
		for i := 0; i < b.N; {
			from := i % len(rows)
			if from == 0 {
				store = NewMemory()
			}
			n := min(500, len(rows)-from, b.N-i)
			if err := store.Apply(rows[from:from+n], 1); err != nil {
				b.Fatal(err)
			}
			i += n
		}
	})
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		store := NewMemory()
		_ = store.Apply(rows, 1)
		r := rand.New(rand.NewPCG(1, 2))
		batch := make([]Row, 500)
		b.ResetTimer()
		for i := 0; i < b.N; i += len(batch) {
			for j := range batch {
				batch[j] = rows[r.IntN(len(rows))]
			}
			if err := store.Apply(batch, 1); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("expire", func(b *testing.B) {
		b.ReportAllocs()
		store := NewMemory()
		_ = store.Apply(rows, 1)
		deletes := make([]Row, len(rows))
		for i := range rows {
			deletes[i].Key = rows[i].Key
		}
		b.ResetTimer()
		for i := 0; i < b.N; i++ {
			j := i % len(rows)
			_ = store.Apply(deletes[j:j+1], 1)
			_ = store.Apply(rows[j:j+1], 1)
		}
	})
}

func BenchmarkMemory_Get(b *testing.B) {
	rows := make([]Row, 1_000_000)
	misses := make([]string, len(rows))
	for i := range rows {
		rows[i] = dedupRow(i)
		misses[i] = dedupRow(i + len(rows)).Key
	}
	store := NewMemory()
	_ = store.Apply(rows, 1)
	r := rand.New(rand.NewPCG(1, 2))
	r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	b.Run("hit", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if _, ok, _ := store.Get(rows[i%len(rows)].Key); !ok {
				b.Fatal("a row is missing")
			}
		}
	})
	b.Run("miss", func(b *testing.B) {
		b.ReportAllocs()
		for i := range b.N {
			if _, ok, _ := store.Get(misses[i%len(rows)]); ok {
				b.Fatal("a row is there that was never written")
			}
		}
	})
}
