package cache

import (
	"bytes"
	"context"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/graph"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/trending"
)

// everybody is a graph's users, none of them deleted.
type everybody struct{}

func (everybody) Known(string) (known, gone bool) { return true, false }

// suggesting is a graph, a Redis, and a writer that runs between them.
type suggesting struct {
	graph  *graph.Graph
	source *suggestions.Source
	redis  *miniredis.Miniredis
	writer *Suggestions
	ready  atomic.Bool
}

func newSuggesting(t *testing.T, before func(*suggesting)) *suggesting {
	t.Helper()
	s := &suggesting{graph: graph.New(), redis: miniredis.RunT(t)}
	s.ready.Store(true)
	s.source = suggestions.New(suggestions.DefaultConfig(), s.graph, everybody{}, s.ready.Load)
	cfg := DefaultConfig()
	cfg.URL, cfg.Retry, cfg.Timeout = "redis://"+s.redis.Addr(), 20*time.Millisecond, 200*time.Millisecond
	var err error
	s.writer, err = NewSuggestions(cfg, s.source, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	if before != nil {
		before(s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.writer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, s.writer.Close())
	})
	return s
}

// set changes the graph and says so, as the view does.
func (s *suggesting) set(follower, followee string, follows bool) {
	if s.graph.Set(follower, followee, follows) {
		s.writer.Touched(s.graph.Touched(follower))
	}
}

// items are what Redis holds for a user, without the moment; "" for nothing.
func (s *suggesting) items(user string) string {
	text, err := s.redis.Get("nova:cache:suggested_users:" + user) // the name other services know
	if err != nil {
		return ""
	}
	_, items, _ := bytes.Cut([]byte(text), []byte(`"items":`))
	return string(items)
}

// counted are what a look at the graph says now.
func (s *suggesting) counted(t *testing.T, user string) string {
	t.Helper()
	page, err := s.source.Page(user, 0, now)
	require.NoError(t, err)
	var text bytes.Buffer
	require.NoError(t, trending.Encode(&text, page))
	_, items, _ := bytes.Cut(text.Bytes(), []byte(`"items":`))
	return string(items)
}

// holds reports whether Redis has something for a.
func (s *suggesting) holds() bool { return s.items("a") != "" }

func TestSuggestions_are_written_when_read_and_removed_when_touched(t *testing.T) {
	s := newSuggesting(t, nil)
	s.set("a", "b", true)
	s.set("b", "c", true)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	require.JSONEq(t, `[{"user_id":"c","mutual_count":1,"via":["b"]}]`, s.items("a")[:len(s.items("a"))-2])
	require.Equal(t, 20*time.Minute, s.redis.TTL("nova:cache:suggested_users:a"))

	s.set("b", "d", true) // touches a, who follows b
	require.Eventually(t, func() bool { return !s.holds() }, time.Second, time.Millisecond)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	require.Equal(t, s.counted(t, "a"), s.items("a"))
}

func TestSuggestions_of_an_earlier_process_are_removed(t *testing.T) {
	s := newSuggesting(t, func(s *suggesting) {
		for i := range 1000 {
			require.NoError(t, s.redis.Set(SuggestionsKey(strconv.Itoa(i)), "old"))
		}
		require.NoError(t, s.redis.Set("another", "key"))
	})
	require.Eventually(t, func() bool { return len(s.redis.Keys()) == 1 }, time.Second, time.Millisecond)
}

func TestSuggestions_removals_outlast_an_outage(t *testing.T) {
	s := newSuggesting(t, nil)
	s.set("a", "b", true)
	s.set("b", "c", true)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	s.redis.SetError("LOADING")
	s.set("b", "d", true)
	time.Sleep(100 * time.Millisecond)
	require.True(t, s.holds(), "the fault has to fire")
	s.redis.SetError("")
	require.Eventually(t, func() bool { return !s.holds() }, time.Second, time.Millisecond)
}

// TestSuggestions_are_written_again_after_an_outage: Redis has come back without its keys.
func TestSuggestions_are_written_again_after_an_outage(t *testing.T) {
	s := newSuggesting(t, nil)
	s.set("a", "b", true)
	s.set("b", "c", true)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	s.redis.SetError("LOADING")
	s.set("x", "y", true) // does not touch a
	time.Sleep(100 * time.Millisecond)
	s.redis.FlushAll()
	s.redis.SetError("")
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
}

// TestSuggestions_that_Redis_has_lost are written again when they are read after half their life: nobody has said that the key
// is gone.
func TestSuggestions_that_Redis_has_lost(t *testing.T) {
	s := newSuggesting(t, func(s *suggesting) { s.writer.cfg.SuggestionsTTL = time.Second })
	s.set("a", "b", true)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	written := time.Now()
	s.redis.FlushAll()
	require.Eventually(t, func() bool { s.writer.Asked("a"); return s.holds() }, 2*time.Second, 5*time.Millisecond)
	require.InDelta(t, 0.5, time.Since(written).Seconds(), 0.3)
}

func TestSuggestions_of_all_are_removed(t *testing.T) {
	s := newSuggesting(t, nil)
	s.set("a", "b", true)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	s.writer.TouchedAll()
	require.Eventually(t, func() bool { return !s.holds() }, time.Second, time.Millisecond)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
}

// TestSuggestions_too_many_to_remember are removed all.
func TestSuggestions_too_many_to_remember(t *testing.T) {
	s := newSuggesting(t, nil)
	s.writer.Asked("a")
	require.Eventually(t, s.holds, time.Second, time.Millisecond)
	many := make([]string, maxTouched+1)
	for i := range many {
		many[i] = "x" + strconv.Itoa(i)
	}
	s.writer.Touched(many)
	require.Eventually(t, func() bool { return !s.holds() }, time.Second, time.Millisecond)
}

// TestSuggestions_amid_changes reads and changes at random from several sides; in the end each key says what the graph says.
func TestSuggestions_amid_changes(t *testing.T) {
	s := newSuggesting(t, nil)
	const users = 40
	var sides sync.WaitGroup
	for n := range 3 {
		sides.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 3))
			user := func() string { return strconv.Itoa(rnd.IntN(users)) }
			for range 5000 {
				if rnd.IntN(3) == 0 {
					s.set(user(), user(), rnd.IntN(2) == 0)
				} else {
					s.writer.Asked(user())
				}
			}
		})
	}
	sides.Wait()
	idle := func() bool {
		s.writer.mu.Lock()
		defer s.writer.mu.Unlock()
		return len(s.writer.touched)+len(s.writer.asked) == 0 && !s.writer.all
	}
	require.Eventually(t, idle, 5*time.Second, time.Millisecond)
	time.Sleep(50 * time.Millisecond) // what was taken last is done
	written := 0
	for i := range users {
		user := strconv.Itoa(i)
		if got := s.items(user); got != "" {
			written++
			require.Equal(t, s.counted(t, user), got, user)
		}
	}
	require.Positive(t, written)
}
