package cache

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key = "nova:cache:trending:1h" // the name other services know
	now = int64(1_420_074_000_123)
)

// world is a board, a Redis and a writer between them.
type world struct {
	board   *trending.Board
	redis   *miniredis.Miniredis
	metrics *Metrics
	log     *testbuffer.Buffer
}

func (w *world) failed() int {
	return int(testutil.ToFloat64(w.metrics.writes.WithLabelValues("failed")))
}

func (w *world) up() float64 { return testutil.ToFloat64(w.metrics.up) }

func newWorld(t *testing.T, change func(*Config)) *world {
	t.Helper()
	w := &world{
		board:   trending.New(trending.DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights(), nil),
		redis:   miniredis.RunT(t),
		metrics: NewMetrics(prometheus.NewRegistry()),
		log:     &testbuffer.Buffer{},
	}
	w.redis.RequireAuth("hunter2")
	cfg := DefaultConfig()
	cfg.URL = "redis://:hunter2@" + w.redis.Addr()
	cfg.Retry = 5 * time.Millisecond
	change(&cfg)
	require.NoError(t, cfg.Validate())
	writer, err := NewWriter(cfg, w.board, w.metrics, slog.New(slog.NewTextHandler(w.log, nil)))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- writer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, writer.Close())
	})
	return w
}

func (w *world) like(post string, likes int64) {
	at := now - now%5_000
	w.board.Update(post, &schemas.ScoreRow{Buckets: []engagement.Bucket{{Start: at, Last: at, Counts: engagement.Counts{Likes: likes}}}})
}

// Answer returns what GET /v1/trending says of a board. It is set from outside: the API imports this package, by way of feeds.
var Answer func(t *testing.T, board *trending.Board) string

func (w *world) answer(t *testing.T) string {
	t.Helper()
	return Answer(t, w.board)
}

// requireCached waits until Redis holds the answer of the API.
func (w *world) requireCached(t *testing.T) {
	t.Helper()
	want := w.answer(t)
	require.Eventually(t, func() bool {
		got, err := w.redis.Get(key)
		return err == nil && got == want
	}, 5*time.Second, time.Millisecond, "want %s", want)
}

// TestSameBytesAsTheAPI holds for an empty list, a short one and one with a next page, with a TTL of 90 s each time.
func TestSameBytesAsTheAPI(t *testing.T) {
	w := newWorld(t, func(*Config) {})
	w.board.Refresh(now)
	w.requireCached(t)
	for posts := range int64(30) {
		w.like(fmt.Sprint("post ", posts), posts+1)
		w.board.Refresh(now + posts)
		w.requireCached(t)
		require.Equal(t, 90*time.Second, w.redis.TTL(key))
		w.redis.FastForward(time.Second)
	}
	require.Contains(t, w.answer(t), `"next_cursor":"`)
	require.Zero(t, strings.Count(w.log.String(), "\n"))
}

func TestNothingIsWrittenBeforeThereIsAList(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Refresh = 2 * time.Millisecond })
	w.like("a", 1)
	time.Sleep(20 * time.Millisecond)
	require.Empty(t, w.redis.Keys())
}

// TestAnUnchangedListIsRefreshed: its key must not run out, and its as_of moves on.
func TestAnUnchangedListIsRefreshed(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Refresh = 5 * time.Millisecond })
	w.like("a", 1)
	w.board.Refresh(now)
	w.requireCached(t)
	w.redis.FastForward(89 * time.Second)
	w.board.Refresh(now + 89_000)
	w.requireCached(t)
	require.Eventually(t, func() bool { return w.redis.TTL(key) == 90*time.Second }, 5*time.Second, time.Millisecond)
}

// TestOutage takes Redis away twice: told once each time, without the password, and made good when it is back, with the
// list as it is then and without waiting for a change.
func TestOutage(t *testing.T) {
	w := newWorld(t, func(*Config) {})
	w.like("a", 1)
	w.board.Refresh(now)
	w.requireCached(t)
	for outage := 1; outage <= 2; outage++ {
		w.redis.Close()
		failed := w.failed()
		for i := range int64(5) {
			w.like("b", int64(outage)*10+i)
			w.board.Refresh(now + int64(outage)*10 + i)
			require.Eventually(t, func() bool { return w.failed() >= failed+3*(int(i)+1) }, 5*time.Second, time.Millisecond)
		}
		require.Equal(t, outage, strings.Count(w.log.String(), "Redis is away"))
		require.Zero(t, w.up())

		require.NoError(t, w.redis.Restart())
		w.requireCached(t)
		require.Eventually(t, func() bool { return strings.Count(w.log.String(), "Redis is back") == outage }, 5*time.Second, time.Millisecond)
		require.InDelta(t, 1, w.up(), 0)
	}
	require.Equal(t, 4, strings.Count(w.log.String(), "\n"))
	require.Zero(t, strings.Count(w.log.String(), "hunter2"))
}
