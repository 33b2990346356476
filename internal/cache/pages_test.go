package cache

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
)

// newTestPages returns pages in a Redis whose run is what is says.
func newTestPages(t *testing.T, server *miniredis.Miniredis, is *atomic.Int32) *Pages {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL = "redis://" + server.Addr()
	p, err := newPages(cfg, DefaultPagesConfig(), nowhere, nil, func(context.Context, *redis.Conn) (run, error) { return run{name: strconv.Itoa(int(is.Load()))}, nil })
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	return p
}

// nowhere is where tables end that have no records.
func nowhere(context.Context) (Read, error) { return Read{}, nil }

var post = Part{PostScope, "p1"}

func at(offset int64) Read { return Read{"posts": {-1, offset}} }

// put stores a page without looking for one.
func put(t *testing.T, p *Pages, key, page string, read Read, parts ...Part) bool {
	t.Helper()
	became, err := p.fill(t.Context(), key, stored{Page: []byte(page), Ends: time.Now().Add(time.Hour).UnixMilli()}, Made{Parts: parts, Read: read}, p.cfg.TTL)
	require.NoError(t, err)
	return became == kept
}

// held returns the page under a key, "" for none.
func held(t *testing.T, p *Pages, key string) string {
	t.Helper()
	s, err := p.get(t.Context(), key)
	require.NoError(t, err)
	if s == nil {
		return ""
	}
	return string(s.Page)
}

func TestPages_are_kept_until_a_part_changes(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	ctx := t.Context()
	const key = "feed:v1:u:0:20"
	require.Empty(t, held(t, p, key))
	page, err := p.Page(ctx, key, func(context.Context) (Made, error) {
		return Made{Page: []byte(`[1]`), Parts: []Part{post, {UserScope, "u"}}, Read: at(7)}, nil
	})
	require.NoError(t, err)
	require.Equal(t, `[1]`, string(page))
	require.Equal(t, `[1]`, held(t, p, key))
	ttl := server.TTL(key)
	require.True(t, ttl >= 2*time.Minute && ttl <= 150*time.Second, ttl)

	removed, err := p.Remove(ctx, []Change{{Part{PostScope, "p2"}, "posts", 1, 8}})
	require.NoError(t, err)
	require.Zero(t, removed, "another post")
	removed, err = p.Remove(ctx, []Change{{post, "posts", 1, 9}, {post, "posts", 1, 3}})
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.Empty(t, held(t, p, key))

	for offset, want := range map[int64]bool{3: false, 8: false, 9: true, 10: true} {
		require.Equal(t, want, put(t, p, key, `[2]`, at(offset), post), "read up to %d", offset)
	}
	require.False(t, put(t, p, "x", `[]`, Read{"users": {99, 99}}, post), "who does not say how far it read has not read it")
}

func TestPages_of_before_a_restart_are_none(t *testing.T) {
	server := miniredis.RunT(t)
	run := new(atomic.Int32)
	before := newTestPages(t, server, run)
	_, err := before.Remove(t.Context(), []Change{{post, "posts", 1, 5}})
	require.NoError(t, err)
	require.True(t, put(t, before, "k", `[]`, at(6), post))

	run.Store(1) // it comes back with an old dump
	after := newTestPages(t, server, run)
	require.Empty(t, held(t, after, "k"))
}

// TestPages_of_a_new_run_are_removed although who removes them has not noticed before that it is a new one.
func TestPages_of_a_new_run_are_removed(t *testing.T) {
	server := miniredis.RunT(t)
	is := new(atomic.Int32)
	p, other := newTestPages(t, server, is), newTestPages(t, server, is)
	_, err := p.Remove(t.Context(), []Change{{post, "posts", 1, 1}})
	require.NoError(t, err)
	server.Close()
	is.Store(1)
	require.NoError(t, server.Start())
	require.True(t, put(t, other, "k", `[]`, at(4), post))
	require.Eventually(t, func() bool { // connections of before fail
		_, err = p.Remove(t.Context(), []Change{{post, "posts", 1, 5}})
		return err == nil
	}, 10*time.Second, time.Millisecond)
	require.Empty(t, held(t, other, "k"))
	require.False(t, put(t, other, "k", `[]`, at(4), post))
}

// TestPages_are_made_while_Redis_is_away: it is no error to who reads, but to who removes.
func TestPages_are_made_while_Redis_is_away(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	server.SetError("LOADING")
	page, err := p.Page(t.Context(), "k", func(context.Context) (Made, error) { return Made{Page: []byte(`[1]`)}, nil })
	require.NoError(t, err)
	require.Equal(t, `[1]`, string(page))
	_, err = p.Remove(t.Context(), []Change{{post, "posts", 1, 5}})
	require.Error(t, err)
}

// TestPages_are_made_once has 500 readers of two processes ask for a page that is not there.
func TestPages_are_made_once(t *testing.T) {
	server := miniredis.RunT(t)
	both := []*Pages{newTestPages(t, server, new(atomic.Int32)), newTestPages(t, server, new(atomic.Int32))}
	for _, p := range both {
		p.cfg.Lease, p.cfg.Patience = time.Minute, time.Minute // however busy the machine is
	}
	var makes atomic.Int32
	var readers sync.WaitGroup
	for i := range 500 {
		readers.Go(func() {
			page, err := both[i%2].Page(context.Background(), "k", func(context.Context) (Made, error) {
				makes.Add(1)
				time.Sleep(100 * time.Millisecond)
				return Made{Page: []byte(`[1]`)}, nil
			})
			if err != nil || string(page) != `[1]` {
				t.Errorf("%s, %v", page, err)
			}
		})
	}
	readers.Wait()
	require.Equal(t, int32(1), makes.Load())
}

func TestPages_wait_no_longer_than_they_have_patience(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	require.NoError(t, server.Set("feed:lease:k", "of one that hangs"))
	began := time.Now()
	page, err := p.Page(t.Context(), "k", func(context.Context) (Made, error) { return Made{Page: []byte(`[1]`)}, nil })
	require.NoError(t, err)
	require.Equal(t, `[1]`, string(page))
	require.GreaterOrEqual(t, time.Since(began), p.cfg.Patience)
	lease, err := server.Get("feed:lease:k")
	require.NoError(t, err)
	require.Equal(t, "of one that hangs", lease, "another's lease is not ended")
}

// TestPages_with_nothing_on_them end soon, and what fails is not remembered.
func TestPages_with_nothing_on_them(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	makes := 0
	ask := func(nothing bool) {
		t.Helper()
		page, err := p.Page(t.Context(), "k", func(context.Context) (Made, error) {
			makes++
			return Made{Page: []byte(`[]`), Parts: []Part{post}, Read: at(1), Nothing: nothing}, nil
		})
		require.NoError(t, err)
		require.Equal(t, `[]`, string(page))
	}
	ask(true)
	ask(true)
	require.Equal(t, 1, makes)
	require.Equal(t, p.cfg.Nothing, server.TTL("k"))
	removed, err := p.Remove(t.Context(), []Change{{post, "posts", 1, 1}})
	require.NoError(t, err)
	require.Equal(t, 1, removed, "it is removed as others are")
	ask(false)
	require.Equal(t, 2, makes)
	require.GreaterOrEqual(t, server.TTL("k"), p.cfg.TTL)

	broken := errors.New("broken")
	for range 2 {
		_, err = p.Page(t.Context(), "other", func(context.Context) (Made, error) { makes++; return Made{}, broken })
		require.ErrorIs(t, err, broken)
	}
	require.Equal(t, 4, makes, "what fails is not remembered")
}

// TestPages_are_made_early: the nearer the end, the likelier, up to certainty.
func TestPages_are_made_early(t *testing.T) {
	p := &Pages{cfg: PagesConfig{Early: 2 * time.Second}}
	share := func(left, took time.Duration) float64 {
		n := 0
		for range 4000 {
			if p.early(&stored{Ends: time.Now().Add(left).UnixMilli(), Took: took.Milliseconds()}) {
				n++
			}
		}
		return float64(n) / 4000
	}
	require.Equal(t, 1.0, share(-time.Second, 10*time.Millisecond), "over")
	require.InDelta(t, 0.75, share(500*time.Millisecond, 10*time.Millisecond), 0.05)
	require.InDelta(t, 0.25, share(1500*time.Millisecond, 10*time.Millisecond), 0.05)
	require.Zero(t, share(2100*time.Millisecond, 10*time.Millisecond))
	require.InDelta(t, 0.5, share(10*time.Second, 10*time.Second), 0.05, "it takes long")
}

// TestPages_that_are_read_often_are_there has readers of two processes read a page through several of its lives: none of them
// finds it missing, and each life is made by one.
func TestPages_that_are_read_often_are_there(t *testing.T) {
	server := miniredis.RunT(t)
	const lives, life, every = 3, 2 * time.Second, 2 * time.Millisecond
	registry := prometheus.NewRegistry()
	metrics := NewPagesMetrics(registry)
	both := []*Pages{newTestPages(t, server, new(atomic.Int32)), newTestPages(t, server, new(atomic.Int32))}
	for _, p := range both {
		p.cfg.TTL, p.cfg.Jitter, p.cfg.Early, p.metrics = life, 0, life/2, metrics
	}
	var made []time.Time
	var mu sync.Mutex
	var readers sync.WaitGroup
	began, last := time.Now(), time.Now()
	for n := 0; time.Since(began) < lives*life; n++ {
		time.Sleep(every)
		server.FastForward(time.Since(last)) // it does not look at the clock
		last = time.Now()
		readers.Go(func() {
			_, err := both[n%2].Page(context.Background(), "k", func(context.Context) (Made, error) {
				mu.Lock()
				defer mu.Unlock()
				made = append(made, time.Now())
				time.Sleep(10 * time.Millisecond)
				return Made{Page: []byte(`[1]`)}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		if n == 0 {
			readers.Wait()
		}
	}
	readers.Wait()
	require.Equal(t, 1.0, testutil.ToFloat64(metrics.reads.WithLabelValues("miss")), "the first")
	require.GreaterOrEqual(t, len(made), lives)
	for i := range made[1:] {
		require.GreaterOrEqual(t, made[i+1].Sub(made[i]), life/2, "of each life one is made")
	}
}

// TestPages_are_made_early_once: who has looked before another has made the next page does not make one more.
func TestPages_are_made_early_once(t *testing.T) {
	p := newTestPages(t, miniredis.RunT(t), new(atomic.Int32))
	require.True(t, put(t, p, "k", `[1]`, at(1)))
	found, err := p.get(t.Context(), "k")
	require.NoError(t, err)
	makes := 0
	for range 2 {
		page, err := p.next(t.Context(), "k", found, func(context.Context) (Made, error) {
			makes++
			return Made{Page: []byte(`[2]`)}, nil
		})
		require.NoError(t, err)
		require.Equal(t, `[2]`, string(page))
	}
	require.Equal(t, 1, makes)
}

// TestPages_that_panic fail: the process would end.
func TestPages_that_panic(t *testing.T) {
	p := newTestPages(t, miniredis.RunT(t), new(atomic.Int32))
	_, err := p.Page(t.Context(), "k", func(context.Context) (Made, error) { panic("on purpose") })
	require.ErrorContains(t, err, "panic: on purpose")
	page, err := p.Page(t.Context(), "k", func(context.Context) (Made, error) { return Made{Page: []byte(`[1]`)}, nil })
	require.NoError(t, err)
	require.Equal(t, `[1]`, string(page))
}

// TestPages_are_counted by what became of them.
func TestPages_are_counted(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	p.metrics = NewPagesMetrics(prometheus.NewRegistry())
	made := Made{Page: []byte(`[1]`), Parts: []Part{post}, Read: at(4)}
	make := func(key string) {
		_, err := p.Page(t.Context(), key, func(context.Context) (Made, error) { return made, nil })
		require.NoError(t, err)
	}
	make("kept")
	made.Once = true
	make("once")
	made.Once = false
	_, err := p.Remove(t.Context(), []Change{{post, "posts", 1, 5}})
	require.NoError(t, err)
	make("outdated")
	server.SetError("LOADING")
	make("away")
	for _, became := range []string{kept, once, outdated, away} {
		require.Equal(t, 1.0, testutil.ToFloat64(p.metrics.makes.WithLabelValues(became)), became)
	}
}

// TestPages_of_two_configurations: an index lives as long as the longest of its pages.
func TestPages_of_two_configurations(t *testing.T) {
	server := miniredis.RunT(t)
	long, short := newTestPages(t, server, new(atomic.Int32)), newTestPages(t, server, new(atomic.Int32))
	short.cfg.TTL = time.Second
	require.True(t, put(t, long, "long", `[]`, at(1), post))
	require.True(t, put(t, short, "short", `[]`, at(1), post))
	require.Greater(t, server.TTL(long.run.Load().index(post)), long.cfg.TTL)
}

// TestPages_end_in_their_index, too, though the part that they are made of never changes.
func TestPages_end_in_their_index(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	now := time.Now()
	server.SetTime(now)
	for i := range 100 {
		require.True(t, put(t, p, "old"+strconv.Itoa(i), `[]`, at(1), post))
	}
	size := func() int {
		members, err := server.ZMembers(p.run.Load().index(post))
		require.NoError(t, err)
		return len(members)
	}
	require.Equal(t, 100, size())
	server.SetTime(now.Add(p.cfg.TTL / 2))
	require.True(t, put(t, p, "old0", `[]`, at(1), post), "it is made again before it ends")
	require.Equal(t, 100, size())
	server.SetTime(now.Add(p.cfg.TTL + time.Millisecond))
	require.True(t, put(t, p, "new", `[]`, at(1), post))
	require.Equal(t, 2, size())
	removed, err := p.Remove(t.Context(), []Change{{post, "posts", 1, 2}})
	require.NoError(t, err)
	require.Equal(t, 2, removed)
	require.Empty(t, held(t, p, "old0"))
	require.Empty(t, held(t, p, "new"))
}

// TestPages_sizes are of those that are kept.
func TestPages_sizes(t *testing.T) {
	registry := prometheus.NewRegistry()
	p := newTestPages(t, miniredis.RunT(t), new(atomic.Int32))
	p.metrics = NewPagesMetrics(registry)
	newLog(p, 5)
	require.True(t, put(t, p, "k", strings.Repeat("x", 1000), at(5), post, Part{UserScope, "u"}))
	require.False(t, put(t, p, "k", "x", at(4), post))
	families, err := registry.Gather()
	require.NoError(t, err)
	sums := map[string]float64{}
	for _, f := range families {
		if h := f.GetMetric()[0].GetHistogram(); h.GetSampleCount() > 0 {
			require.EqualValues(t, 1, h.GetSampleCount())
			sums[f.GetName()] = h.GetSampleSum()
		}
	}
	require.Equal(t, 2.0, sums["nova_feed_cache_page_parts"])
	require.InDelta(t, 1050, sums["nova_feed_cache_page_bytes"], 50)
}

func TestPages_of_many_readers_are_removed_at_once(t *testing.T) {
	p := newTestPages(t, miniredis.RunT(t), new(atomic.Int32))
	for i := range 1201 {
		require.True(t, put(t, p, "feed:v1:"+strconv.Itoa(i)+":0:20", `[]`, at(1), post))
	}
	removed, err := p.Remove(t.Context(), []Change{{post, "posts", 1, 2}})
	require.NoError(t, err)
	require.Equal(t, 1201, removed)
	for i := range 1201 {
		require.Empty(t, held(t, p, "feed:v1:"+strconv.Itoa(i)+":0:20"))
	}
}

// TestPages_many_changes_at_once are told in several exchanges.
func TestPages_many_changes_at_once(t *testing.T) {
	p := newTestPages(t, miniredis.RunT(t), new(atomic.Int32))
	var changes []Change
	for i := range 2*exchange + 1 {
		part := Part{PostScope, "p" + strconv.Itoa(i)}
		require.True(t, put(t, p, "k"+strconv.Itoa(i), `[]`, at(1), part))
		changes = append(changes, Change{part, "posts", 1, 2})
	}
	removed, err := p.Remove(t.Context(), changes)
	require.NoError(t, err)
	require.Len(t, changes, removed)
}

// TestPages_are_never_older_than_what_was_told has makers that lag and are slow fill pages of three posts while changes are
// told late: no page says of a post less than what was told of it. Without markers some do.
func TestPages_are_never_older_than_what_was_told(t *testing.T) {
	require.Zero(t, stale(t, true))
	require.Positive(t, stale(t, false), "the test finds nothing")
}

func stale(t *testing.T, markers bool) (wrong int) {
	t.Helper()
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	ctx := t.Context()
	rnd := rand.New(rand.NewPCG(1, 7))
	const posts, makers = 3, 2
	type maker struct {
		view    int64 // how far it has read
		page    map[string]int64
		made    int64 // how far it had read when it made the page
		waiting bool
	}
	var log []int // the post that each record is of
	told := int64(-1)
	all := [makers]maker{{view: -1}, {view: -1}}
	latest := func(post int, upTo int64) int64 {
		for o := upTo; o >= 0; o-- {
			if log[o] == post {
				return o
			}
		}
		return -1
	}
	for range 4000 {
		m := &all[rnd.IntN(makers)]
		switch rnd.IntN(6) {
		case 0:
			log = append(log, rnd.IntN(posts))
		case 1: // the oldest change not yet told
			if told+1 < int64(len(log)) {
				told++
				_, err := p.Remove(ctx, []Change{{Part{PostScope, strconv.Itoa(log[told])}, "posts", 0, told}})
				require.NoError(t, err)
				if !markers {
					for i := range posts {
						server.Del(run{name: "0"}.marker(Part{PostScope, strconv.Itoa(i)}))
					}
				}
			}
		case 2:
			m.view = min(m.view+int64(rnd.IntN(4)), int64(len(log))-1)
		case 3: // begins a page
			m.page, m.made, m.waiting = map[string]int64{}, m.view, true
			for i := range posts {
				m.page[strconv.Itoa(i)] = latest(i, m.view)
			}
		case 4: // and stores it, some time later
			if m.waiting {
				m.waiting = false
				body, err := json.Marshal(m.page)
				require.NoError(t, err)
				put(t, p, "feed:v1:u:0:20", string(body), Read{"posts": {m.made}}, Part{PostScope, "0"}, Part{PostScope, "1"}, Part{PostScope, "2"})
			}
		default:
			body := held(t, p, "feed:v1:u:0:20")
			if body == "" {
				continue
			}
			var page map[string]int64
			require.NoError(t, json.Unmarshal([]byte(body), &page))
			for i := range posts {
				if page[strconv.Itoa(i)] < latest(i, told) {
					wrong++
					break
				}
			}
		}
	}
	return wrong
}
