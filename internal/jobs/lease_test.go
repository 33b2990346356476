package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/cache"
)

// killed are the leases of a process that will say no more.
type killed struct{ Leases }

func (killed) Done(context.Context, string, time.Duration) error     { return nil }
func (killed) GiveBack(context.Context, string, time.Duration) error { return nil }

// process runs a scheduler with a job of a day, whose tries may take 10 s, and a Redis.
func process(t *testing.T, server *miniredis.Miniredis, dies bool, work func(context.Context) error) *bench {
	t.Helper()
	cfg := cache.DefaultConfig()
	cfg.URL = "redis://" + server.Addr()
	keys, err := cache.NewKeys(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, keys.Close()) })
	b := newBench(t, func(d *Deps) {
		d.Leases, d.LookAgain = keys, 5*ms
		if dies {
			d.Leases = killed{keys}
		}
	})
	require.NoError(t, b.Add(Job{Name: "daily", Kind: "k", Every: 24 * time.Hour, Timeout: 10 * s, Run: func(ctx context.Context) error {
		b.note("daily")
		return work(ctx)
	}}))
	b.run(t)
	return b
}

// An interval that one process has taken and not used is used by another one: at once if the run was told to end, after a
// pause if it failed, after the time that a run may take if nothing more is heard of it. What is done is done.
func TestLease_is_given_up_by_who_does_not_succeed(t *testing.T) {
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	fail := func(context.Context) error { return errors.New("on purpose") }
	succeed := func(context.Context) error { return nil }
	for name, c := range map[string]struct {
		first func(context.Context) error
		dies  bool
		after time.Duration // life of the lease once the first has ended
	}{
		"stopped": {hang, false, 0},
		"failed":  {fail, false, 30 * s},
		"killed":  {hang, true, 15 * s}, // 10 s and what a run may take to end
	} {
		t.Run(name, func(t *testing.T) {
			server := miniredis.RunT(t)
			ran := func(b *bench) func() bool { return func() bool { return len(b.noted("daily")) > 0 } }
			first := process(t, server, c.dies, c.first)
			require.Eventually(t, ran(first), 5*s, ms)
			second := process(t, server, false, succeed)
			defer func() { second.stop() }()
			require.Never(t, ran(second), 60*ms, 5*ms, "the first is at it")
			if name == "failed" {
				require.Eventually(t, func() bool { return len(first.buried()) == 1 }, 5*s, ms)
			}
			first.stop()
			if c.after > 0 {
				server.FastForward(c.after - ms)
				require.Never(t, ran(second), 60*ms, 5*ms, "it is too early")
				server.FastForward(ms)
			}
			require.Eventually(t, ran(second), 5*s, ms)
			count := func(b *bench, r Result) func() bool {
				return func() bool {
					return testutil.ToFloat64(b.deps.Metrics.runs.WithLabelValues("daily", "k", string(r))) == 1
				}
			}
			require.Eventually(t, count(second, OK), 5*s, ms)
			third := process(t, server, false, succeed)
			defer func() { third.stop() }()
			require.Eventually(t, count(third, Skipped), 5*s, ms)
			require.Empty(t, third.noted("daily"), "it is done")
			require.Len(t, second.noted("daily"), 1)
		})
	}
}

func TestLongest(t *testing.T) {
	for want, j := range map[time.Duration]Job{
		30 * s:          {Every: time.Hour, Timeout: 30 * s},
		127 * s:         {Every: time.Hour, Timeout: 30 * s, Retries: 3},
		(7*10 + 61) * s: {Every: time.Hour, Timeout: 10 * s, Retries: 6},
		59 * s:          {Every: time.Minute, Timeout: 30 * s, Retries: 3},
	} {
		require.Equal(t, want, j.longest(), j)
	}
}

// TestLease_is_of_one_version of a job: what an earlier one has done in the interval is other work.
func TestLease_is_of_one_version(t *testing.T) {
	server := miniredis.RunT(t)
	start := func(version string) *bench {
		cfg := cache.DefaultConfig()
		cfg.URL = "redis://" + server.Addr()
		keys, err := cache.NewKeys(cfg)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, keys.Close()) })
		b := newBench(t, func(d *Deps) { d.Leases, d.LookAgain = keys, 5*ms })
		require.NoError(t, b.Apply(Specs{"daily": {Kind: SQLToRedis, Enabled: true, Interval: 24 * time.Hour, Timeout: s, SQL: version}}))
		b.run(t)
		return b
	}
	count := func(b *bench, r Result) func() bool {
		return func() bool {
			return testutil.ToFloat64(b.deps.Metrics.runs.WithLabelValues("daily", SQLToRedis, string(r))) == 1
		}
	}
	for _, run := range []struct {
		version string
		want    Result
	}{{"one", OK}, {"one", Skipped}, {"another", OK}, {"another", Skipped}, {"one", Skipped}} {
		b := start(run.version)
		require.Eventually(t, count(b, run.want), 5*s, ms, run)
		b.stop()
	}
}
