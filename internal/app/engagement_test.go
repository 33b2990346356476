package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"golang.org/x/sync/semaphore"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
)

// What a front does with the requests of readers.
const (
	passes = iota
	hangs
	fails
)

// front stands between the program and ClickHouse.
type front struct {
	mode   atomic.Int32
	caught atomic.Int32 // requests that hung or failed
	addr   string
}

func newFront(t *testing.T, behind string) *front {
	t.Helper()
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: behind})
	f := &front{}
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch f.mode.Load() {
		case hangs:
			f.caught.Add(1)
			select {
			case <-r.Context().Done():
			case <-over:
			}
		case fails:
			f.caught.Add(1)
			w.Header().Set("X-ClickHouse-Exception-Code", "241")
			w.WriteHeader(http.StatusInternalServerError)
			fmt.Fprintln(w, "Code: 241. DB::Exception: Memory limit (total) exceeded. (MEMORY_LIMIT_EXCEEDED)")
		default:
			forward.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(func() {
		close(over)
		server.CloseClientConnections()
		server.Close()
	})
	f.addr = strings.TrimPrefix(server.URL, "http://")
	return f
}

// onePost is a view of scores that knows a single post.
type onePost struct{ at time.Time }

func (p onePost) Stats(post string) (lifetime.Stats, bool) { return lifetime.Stats{}, post == "p" }
func (p onePost) Recovered() bool                          { return true }
func (p onePost) Window(post string) (api.PostWindow, bool) {
	return api.PostWindow{Counts: engagement.Counts{Views: 3}, AsOf: p.at.UnixMilli(), Length: time.Hour}, post == "p"
}

// nothingKnown are lists whose tables are read, and empty.
type nothingKnown struct{ *timeline.Index }

func (nothingKnown) Recovered() bool { return true }

// engagementAnswer is what a client reads.
type engagementAnswer struct {
	Source, Reason string
	Degraded       bool
	AsOf           time.Time `json:"as_of"`
	Totals         map[string]int64
	Hours          []struct {
		Hour  time.Time
		Views int64
	}
	took time.Duration
}

// readers are the API's reading side over a ClickHouse that may be made to hang or to fail.
type readers struct {
	t      *testing.T
	front  *front
	here   *here
	hourly *hourly
	api    http.Handler
}

func newReaders(t *testing.T, change func(*clickhouse.Config)) *readers {
	t.Helper()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	f := newFront(t, stack.ClickHouseAddr())
	cfg := config.Default()
	cfg.ClickHouse.Addrs = []string{f.addr}
	change(&cfg.ClickHouse)
	_, err := clickhouse.Migrate(t.Context(), cfg.ClickHouse)
	require.NoError(t, err)
	now := time.Now().UTC()
	for i, views := range []int{5, 7} {
		devstacktest.Query(t, stack, "nova", fmt.Sprintf("INSERT INTO post_engagement_hourly (hour, post_id, views) VALUES (%d, 'p', %d)",
			now.Truncate(time.Hour).Add(-time.Duration(i)*time.Hour).Unix(), views))
	}
	a := &App{cfg: cfg, metrics: prometheus.NewRegistry()}
	client, err := a.openReader()
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	a.here.reader.Store(client)
	hourly, err := newHourly(client, cfg)
	require.NoError(t, err)
	hourly.now = func() time.Time { return now }
	return &readers{t, f, &a.here, hourly, api.New(api.Deps{
		Config: cfg.HTTP, Timeline: nothingKnown{timeline.New()}, Posts: onePost{now}, Engagement: hourly,
		Trending: trending.New(trending.DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights(), nil),
		Log:      slog.New(slog.DiscardHandler),
	})}
}

func (r *readers) ask() engagementAnswer {
	r.t.Helper()
	r.hourly.kept.Purge()
	began := time.Now()
	recorder := httptest.NewRecorder()
	r.api.ServeHTTP(recorder, httptest.NewRequestWithContext(r.t.Context(), http.MethodGet, "/v1/posts/p/engagement?hours=2", http.NoBody))
	require.Equal(r.t, http.StatusOK, recorder.Code, recorder.Body)
	var a engagementAnswer
	require.NoError(r.t, json.Unmarshal(recorder.Body.Bytes(), &a))
	a.took = time.Since(began)
	return a
}

func (r *readers) requireWhole(a engagementAnswer) {
	r.t.Helper()
	require.Equal(r.t, []any{"clickhouse", false, "", int64(12)}, []any{a.Source, a.Degraded, a.Reason, a.Totals["views"]})
	require.Len(r.t, a.Hours, 2)
	require.Equal(r.t, []int64{7, 5}, []int64{a.Hours[0].Views, a.Hours[1].Views})
	require.Empty(r.t, r.here.degraded(r.t.Context()))
}

func (r *readers) requireDegraded(a engagementAnswer, reason string) {
	r.t.Helper()
	require.Equal(r.t, []any{"window", true, reason, int64(3)}, []any{a.Source, a.Degraded, a.Reason, a.Totals["views"]})
	require.Empty(r.t, a.Hours)
}

// A server that hangs costs a request its time limit and not more; after some of them nothing is asked any more; when it
// answers again, so does the API.
func TestEngagement_while_ClickHouse_hangs(t *testing.T) {
	r := newReaders(t, func(c *clickhouse.Config) {
		c.Read.QueryTimeout = time.Second
		c.Breaker = clickhouse.BreakerConfig{Failures: 2, Successes: 1, OpenFor: 2 * time.Second}
	})
	r.requireWhole(r.ask())
	r.front.mode.Store(hangs)
	for range 2 {
		a := r.ask()
		r.requireDegraded(a, "timeout")
		require.GreaterOrEqual(t, a.took, time.Second)
		require.Less(t, a.took, 1500*time.Millisecond)
	}
	caught := r.front.caught.Load()
	require.Equal(t, int32(2), caught)

	a := r.ask()
	r.requireDegraded(a, "breaker_open")
	require.Less(t, a.took, 500*time.Millisecond)
	require.Equal(t, []string{"clickhouse"}, r.here.degraded(t.Context()))
	require.Equal(t, caught, r.front.caught.Load(), "nothing is asked")

	r.front.mode.Store(passes)
	require.Eventually(t, func() bool { return !r.ask().Degraded }, 10*time.Second, 50*time.Millisecond)
	r.requireWhole(r.ask())
}

// A server that answers errors is asked again, then let alone.
func TestEngagement_while_ClickHouse_fails(t *testing.T) {
	r := newReaders(t, func(c *clickhouse.Config) {
		c.Breaker = clickhouse.BreakerConfig{Failures: 4, Successes: 1, OpenFor: 500 * time.Millisecond}
	})
	r.front.mode.Store(fails)
	r.requireDegraded(r.ask(), "error")
	require.Equal(t, int32(4), r.front.caught.Load())
	r.requireDegraded(r.ask(), "breaker_open")
	require.Equal(t, int32(4), r.front.caught.Load())
	r.front.mode.Store(passes)
	require.Eventually(t, func() bool { return len(r.here.degraded(t.Context())) == 0 }, 5*time.Second, 50*time.Millisecond,
		"questions for health find out that it is back, if nobody else asks")
	r.requireWhole(r.ask())
}

// TestHourly_is_read_once_for_all has many ask for the same at once, then within a second, then later.
func TestHourly_is_read_once_for_all(t *testing.T) {
	h, err := newHourly(nil, config.Default())
	require.NoError(t, err)
	var asked atomic.Int32
	var clock atomic.Int64
	h.now = func() time.Time { return time.UnixMilli(clock.Load()) }
	enter, answer := make(chan struct{}), make(chan struct{})
	h.ask = func(context.Context, string, int64) ([]clickhouse.HourCounts, error) {
		asked.Add(1)
		enter <- struct{}{}
		<-answer
		return []clickhouse.HourCounts{{Views: int64(asked.Load())}}, nil
	}
	read := func(ctx context.Context) int64 {
		series, err := h.Hourly(ctx, "p", 1)
		if err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return -1
		}
		return series.Hours[0].Views
	}
	first, leave := context.WithCancel(t.Context())
	gone := make(chan int64)
	go func() { gone <- read(first) }()
	<-enter
	leave()
	require.Equal(t, int64(-1), <-gone, "who leaves is not kept waiting")
	var readers sync.WaitGroup
	for range 100 {
		readers.Go(func() { require.Equal(t, int64(1), read(t.Context())) })
	}
	close(answer)
	readers.Wait()
	clock.Add(999)
	require.Equal(t, int64(1), read(t.Context()))
	require.Equal(t, int32(1), asked.Load())
	clock.Add(1)
	go func() { <-enter }()
	require.Equal(t, int64(2), read(t.Context()))
	clock.Add(-3_600_000)
	go func() { <-enter }()
	require.Equal(t, int64(3), read(t.Context()), "the clock was set back")
}

// TestHourly_waits_its_turn has no connection for a second post: it gets no answer, and ClickHouse is not asked.
func TestHourly_waits_its_turn(t *testing.T) {
	h, err := newHourly(nil, config.Default())
	require.NoError(t, err)
	h.timeout, h.turns = 50*time.Millisecond, semaphore.NewWeighted(1)
	require.True(t, h.turns.TryAcquire(1))
	h.ask = func(context.Context, string, int64) ([]clickhouse.HourCounts, error) {
		t.Error("asked without a turn")
		return nil, nil
	}
	_, err = h.Hourly(t.Context(), "p", 1)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	h.turns.Release(1)
	h.ask = func(context.Context, string, int64) ([]clickhouse.HourCounts, error) { return nil, nil }
	_, err = h.Hourly(t.Context(), "p", 1)
	require.NoError(t, err)
}
