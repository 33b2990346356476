package cache

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// slow is a Redis that takes its time for each answer.
type slow struct {
	*miniredis.Miniredis
	takes atomic.Int64 // ns
	loads atomic.Bool
}

func startSlow(t *testing.T) *slow {
	t.Helper()
	s := &slow{Miniredis: miniredis.RunT(t)}
	s.Server().SetPreHook(func(c *server.Peer, _ string, _ ...string) bool {
		time.Sleep(time.Duration(s.takes.Load()))
		if !s.loads.Load() {
			return false
		}
		c.WriteError("LOADING")
		return true
	})
	return s
}

// newGuarded returns what asks Redis through a guard that waits so long.
func newGuarded(t *testing.T, s *slow, timeout time.Duration, log *slog.Logger) (*Seen, *Guard) {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL, cfg.Retry = "redis://"+s.Addr(), 10*time.Millisecond
	seen, err := NewSeen(cfg)
	require.NoError(t, err)
	cfg.Timeout = timeout
	g, err := NewGuard(cfg, NewGuardMetrics(prometheus.NewRegistry()), log)
	require.NoError(t, err)
	seen.GuardedBy(g)
	t.Cleanup(func() {
		require.NoError(t, seen.Close())
		require.NoError(t, g.Close())
	})
	return seen, g
}

// TestGuard_limits_a_request as a whole: what each answer takes would be in time.
func TestGuard_limits_a_request(t *testing.T) {
	redis := startSlow(t)
	const limit = time.Second
	seen, g := newGuarded(t, redis, limit, slog.New(slog.DiscardHandler))
	ask := func(times int) (failed int, took time.Duration) {
		began := time.Now()
		ctx := Limited(t.Context(), limit)
		for range times {
			time.Sleep(limit / 20) // other work takes nothing of the limit
			if _, err := seen.Of(ctx, "u"); err != nil {
				failed++
			}
		}
		return failed, time.Since(began) - time.Duration(times)*limit/20
	}
	failed, _ := ask(20)
	require.Zero(t, failed)
	redis.takes.Store(int64(limit / 4))
	failed, took := ask(20)
	require.GreaterOrEqual(t, failed, 16)
	require.Less(t, failed, 20)
	require.Less(t, took, 2*limit)
	require.Equal(t, gobreaker.StateClosed, g.breaker.State(), "what is not asked is no failure")
}

// TestGuard_opens_when_nothing_is_answered, and closes when it is.
func TestGuard_opens_when_nothing_is_answered(t *testing.T) {
	redis := startSlow(t)
	var log testbuffer.Buffer
	seen, g := newGuarded(t, redis, 200*time.Millisecond, slog.New(slog.NewTextHandler(&log, nil)))
	ask := func() error {
		_, err := seen.Of(t.Context(), "u")
		return err
	}
	require.NoError(t, ask())
	redis.takes.Store(int64(time.Second))
	for range guardFailures {
		require.NotErrorIs(t, ask(), errShut)
	}
	require.ErrorIs(t, ask(), errShut)

	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = g.Run(ctx) })
	time.Sleep(500 * time.Millisecond) // it asks, and is not answered
	require.ErrorIs(t, ask(), errShut)
	redis.takes.Store(0)
	require.Eventually(t, func() bool { return ask() == nil }, 10*time.Second, 10*time.Millisecond)
	cancel()
	running.Wait()
	require.Equal(t, 1, strings.Count(log.String(), "Redis does not answer"), log.String())
	require.Equal(t, 1, strings.Count(log.String(), "Redis answers feeds again"), log.String())
}

// TestGuard_counts_silence_only: an error is an answer, and who leaves has not waited for one.
func TestGuard_counts_silence_only(t *testing.T) {
	redis := startSlow(t)
	seen, g := newGuarded(t, redis, time.Second, slog.New(slog.DiscardHandler))
	redis.loads.Store(true)
	for range 2 * guardFailures {
		_, err := seen.Of(t.Context(), "u")
		require.ErrorContains(t, err, "LOADING")
	}
	redis.loads.Store(false)
	redis.takes.Store(int64(50 * time.Millisecond))
	for range 2 * guardFailures {
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		_, err := seen.Of(ctx, "u")
		require.ErrorIs(t, err, errLeft)
		cancel()
	}
	require.Equal(t, gobreaker.StateClosed, g.breaker.State())
}
