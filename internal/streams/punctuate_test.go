package streams

import (
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

func (b *bench) ticking(instance string, every time.Duration, f func(schemas.Tick, time.Time)) (*Stage, func() error) {
	b.t.Helper()
	cfg := b.cfg
	cfg.Instance = instance
	s, err := New(cfg, adderGraph, addUp, Options{Punctuate: f, PunctuateEvery: every})
	require.NoError(b.t, err)
	return s, b.start(s.Run)
}

// Ticks come though no input does; a tick that may not do what it wants ends the session.
func TestTicks_need_no_input(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	n := 0
	s, stop := b.ticking("one", 20*time.Millisecond, func(tick schemas.Tick, _ time.Time) {
		require.True(t, tick.Time().IsZero())
		if n++; n == 10 {
			tick.Set("of another partition", &tally{})
		}
		tick.Emit(outTopic, "k", &note{ID: strconv.Itoa(n), Origin: schemas.Origin{Emitter: "to be removed"}})
	})
	b.eventually("rebuilt", func() bool { return s.Status().Rebuilds > 0 })
	require.ErrorIs(t, s.Status().LastError, errNoRow)
	b.eventually("told", func() bool { return len(b.read(outTopic)) >= 20 })
	require.NoError(t, stop())
	for _, r := range b.read(outTopic) {
		v, err := jsonCodec[note]{}.Decode(r.Value)
		require.NoError(t, err)
		require.Zero(t, v.(*note).Origin)
	}
}

// A sweep takes some rows at a time, meets every row, and goes on beside inputs; what it sets is kept. After a restart
// the first tick meets all rows: there is none before the table is read.
func TestSweep_is_bounded_and_complete(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	const keys, n = 3000, 100
	send := func() {
		recs := make([]*kgo.Record, keys)
		for i := range recs {
			recs[i] = &kgo.Record{Topic: inTopic, Key: fmt.Append(nil, "k", i), Value: []byte(`{"Delta":1}`)}
		}
		require.NoError(t, b.client.ProduceSync(t.Context(), recs...).FirstErr())
	}
	send()
	var most, ticks, rounds atomic.Int64
	_, stop := b.ticking("one", 20*time.Millisecond, func(tick schemas.Tick, _ time.Time) {
		met := 0
		if tick.Walk(n, func(key string, row schemas.Row) {
			met++
			if r := row.(*tally); !r.On {
				r.On, r.Sum = true, r.Sum+1000
				tick.Set(key, r)
			}
		}) {
			rounds.Add(1)
		}
		ticks.Add(1)
		most.Store(max(most.Load(), int64(met)))
	})
	swept := func(want int) func() bool {
		return func() bool {
			sums := b.sums(group + "-table")
			for _, sum := range sums {
				if sum != want {
					return false
				}
			}
			return len(sums) == keys
		}
	}
	b.eventually("swept", swept(1001))
	require.Less(t, most.Load(), int64(2*n))
	require.Greater(t, ticks.Load(), int64(keys/(2*n)))
	send()
	b.eventually("counted on", swept(1002))
	b.eventually("committed", func() bool { return b.committed(group) == 2*keys })
	require.NoError(t, stop())
	t.Logf("%d rows: %d ticks of at most %d rows, %d rounds", keys, ticks.Load(), most.Load(), rounds.Load())

	var first atomic.Int64
	_, stop = b.ticking("one", time.Millisecond, func(tick schemas.Tick, _ time.Time) {
		met := int64(0)
		tick.Walk(2*keys, func(string, schemas.Row) { met++ })
		first.CompareAndSwap(0, met)
	})
	b.eventually("first tick", func() bool { return first.Load() > 0 })
	require.EqualValues(t, keys, first.Load())
	require.NoError(t, stop())
	require.True(t, swept(1002)(), "nothing twice")
}

// A partition that was given away has no more ticks here, and has them there.
func TestTicks_end_with_the_partition(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4)
	var mu sync.Mutex
	seen := map[string]map[int32]int{"one": {}, "two": {}}
	count := func(instance string) func(schemas.Tick, time.Time) {
		return func(tick schemas.Tick, _ time.Time) {
			mu.Lock()
			defer mu.Unlock()
			seen[instance][tick.Partition()]++
		}
	}
	ticked := func(instance string) map[int32]int {
		mu.Lock()
		defer mu.Unlock()
		return maps.Clone(seen[instance])
	}
	one, _ := b.ticking("one", 10*time.Millisecond, count("one"))
	b.eventually("all", func() bool { return len(ticked("one")) == 4 })
	two, _ := b.ticking("two", 10*time.Millisecond, count("two"))
	b.eventually("shared", func() bool { return len(tasks(one)) == 2 && len(tasks(two)) == 2 })
	before := ticked("one")
	b.eventually("both tick", func() bool {
		now := ticked("one")
		for p := range tasks(one) {
			if now[p] < before[p]+10 {
				return false
			}
		}
		return len(ticked("two")) == 2
	})
	for p := range tasks(two) {
		require.Equal(t, before[p], ticked("one")[p], "partition %d was given away", p)
		require.Positive(t, ticked("two")[p])
	}
	gone := &part{timers: (&Stage{opts: Options{Punctuate: count("one")}}).timers(), feed: newFeed(inTopic, 0, nil, nil)}
	gone.ring(time.Now())
	require.False(t, gone.timers[0].due.Load(), "none while the table is read")
	ending := newTask(&taskConfig{unacked: 1}, 0, checkpoint{}, nil, nil)
	ending.finish()
	ending.punctuate(t.Context(), func(*tick, time.Time) { t.Error("a tick of a partition that is being given away") })
}

// What a tick has emitted is there, the rows that say so are not: it is emitted again, and counts are as they were.
func TestTick_is_repeated_after_a_crash(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.produce()
	var armed atomic.Bool
	tell := func(tick schemas.Tick, _ time.Time) {
		if !armed.Load() {
			return
		}
		tick.Walk(100, func(key string, row schemas.Row) {
			if r := row.(*tally); !r.On {
				r.On = true
				tick.Set(key, r)
				tick.Emit(outTopic, key, &note{ID: "told", Key: key, Delta: r.Sum})
			}
		})
	}
	_, stop := b.ticking("one", 20*time.Millisecond, tell)
	b.eventually("counted", func() bool { return b.committed(group) == records && total(b.sums(group+"-table")) == records })
	rows := b.refuse(group + "-table")
	armed.Store(true)
	b.eventually("told", func() bool { return len(b.read(outTopic)) == 10 })
	b.produce() // these wait for the rows the tick has set
	time.Sleep(100 * time.Millisecond)
	b.crash(stop, rows)
	require.EqualValues(t, records, b.committed(group))

	_, stop = b.ticking("one", 20*time.Millisecond, tell)
	b.eventually("told again", func() bool { return len(b.read(outTopic)) == 20 })
	b.eventually("counted on", func() bool { return b.committed(group) == 2*records })
	require.NoError(t, stop())
	want := wantSums()
	for key := range want {
		want[key] *= 2
	}
	require.Equal(t, want, b.sums(group+"-table"))
	require.Len(t, b.read(outTopic), 20)
}
