package feed

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	redisserver "github.com/alicebob/miniredis/v2/server"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/test/realredis"
)

// frozen is a Redis that can be frozen: it is connected to and asked, and does not answer.
type frozen interface {
	Addr() string
	Freeze()
	Thaw()
}

// stuck freezes a testRedis at its next question.
type stuck struct {
	*testRedis
	sync.RWMutex
}

func (s *stuck) Freeze() { s.Lock() }
func (s *stuck) Thaw()   { s.Unlock() }

func startStuck(t *testing.T) *stuck {
	t.Helper()
	s := &stuck{testRedis: startRedis(t)}
	s.Server().SetPreHook(func(c *redisserver.Peer, cmd string, _ ...string) bool {
		s.RLock()
		defer s.RUnlock()
		if cmd == "INFO" {
			c.WriteBulk("run_id:1\r\n")
		}
		return cmd == "INFO"
	})
	return s
}

func TestRedis_frozen(t *testing.T) {
	t.Run("stuck", func(t *testing.T) { freeze(t, startStuck(t)) })
	t.Run("stopped", func(t *testing.T) {
		if !realredis.Found() {
			t.Skip("needs redis-server on the PATH")
		}
		freeze(t, realredis.Start(t))
	})
}

// freeze: while Redis is frozen answers are those of another process, which has another Redis, and take no longer than
// RedisTimeout and the making, of many at once; once the breaker is open, the making. When Redis goes on, so does everything.
func freeze(t *testing.T, redis frozen) {
	t.Helper()
	const open = "nova_feed_redis_open"
	cfg, making := testConfig(), time.Second // of one page, however busy the machine is
	cfg.RedisTimeout = 2 * making
	b := connect(t, redis.Addr())
	b.guard(t, redis.Addr(), cfg.RedisTimeout)
	w := crowd(t, cfg, b, 8)
	other := w.serve(t, cfg, newBackends(t, startRedis(t)))
	same := func(r Request, within time.Duration) Page {
		began := time.Now()
		got, err := w.Page(context.Background(), r)
		if took := time.Since(began); err != nil || took > within {
			t.Errorf("%v after %s: %v", r, took, err)
		}
		want, err := other.Page(context.Background(), r)
		if err != nil {
			t.Error(err)
		}
		require.Equal(t, want.Items, got.Items)
		return got
	}
	request := Request{ReaderID: me, Limit: 5}
	same(request, time.Minute)
	require.Equal(t, 1.0, b.counted(t, makes, "kept"))

	redis.Freeze()
	thaw := sync.OnceFunc(redis.Thaw)
	defer thaw()
	var readers sync.WaitGroup
	for offset := range 8 { // more than there are connections
		for limit := range 10 {
			readers.Go(func() { same(Request{ReaderID: me, Offset: offset, Limit: 1 + limit}, cfg.RedisTimeout+2*making) })
		}
	}
	readers.Wait()
	require.Equal(t, 1.0, b.gauge(t, open))
	require.Positive(t, b.counted(t, "nova_feed_cache_reads_total", "away"))
	for range 20 {
		first := same(request, making)
		next, err := w.Page(context.Background(), Request{ReaderID: me, Limit: 5, Cursor: first.Next})
		require.NoError(t, err)
		require.Equal(t, []string{"p5", "p6", "p7"}, postIDs(next))
	}
	require.ErrorIs(t, w.See(t.Context(), me, []string{"p"}), ErrAway)
	require.Equal(t, 1.0, b.gauge(t, open), "it was open all the time")
	require.Equal(t, 1.0, b.counted(t, makes, "kept"))

	thaw()
	require.Eventually(t, func() bool { return b.gauge(t, open) == 0 }, 10*time.Second, 10*time.Millisecond)
	for range 3 {
		same(Request{ReaderID: me, Limit: 6}, time.Minute)
	}
	require.Equal(t, 2.0, b.counted(t, makes, "kept"))
	require.NoError(t, w.See(t.Context(), me, []string{"p"}))
}

// guard has a guard between these and their Redis.
func (b *backends) guard(t *testing.T, addr string, timeout time.Duration) {
	t.Helper()
	cfg := cache.DefaultConfig()
	cfg.URL, cfg.Timeout, cfg.Retry = "redis://"+addr, timeout, 20*time.Millisecond
	g, err := cache.NewGuard(cfg, cache.NewGuardMetrics(b.registry), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	b.pages.GuardedBy(g)
	b.seen.GuardedBy(g)
	b.snapshots.GuardedBy(g)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- g.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, g.Close())
	})
}

// gauge returns the value of a gauge without labels.
func (b *backends) gauge(t *testing.T, name string) float64 {
	t.Helper()
	families, err := b.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatal("there is no", name)
	return 0
}
