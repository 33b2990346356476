package jobs

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// file is a configuration on disk.
type file struct {
	mu    sync.Mutex
	specs Specs
	err   error
}

func (f *file) say(specs Specs, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.specs, f.err = specs, err
}

func (f *file) read() (Specs, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.specs, f.err
}

// noting is a job that notes its runs under a name.
func noting(name string, every, takes time.Duration) Spec {
	s := NewSpec(SQLToRedis)
	s.Interval, s.Key, s.MaxAge, s.SQL = every, name, takes, "SELECT 1"
	return s.Complete()
}

// Jobs that come, change and go while it runs do so within 6 s, the others keep their rhythm, and what does not hold changes
// nothing.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		first := Specs{"stays": noting("stays", 7*s, 0), "changes": noting("before", 4*s, 0), "goes": noting("goes", 6*s, 20*s)}
		f := &file{specs: first}
		require.NoError(t, b.Apply(first))
		b.run(t)
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- b.Watch(ctx, f.read) }()

		time.Sleep(11 * s) // read at 2, 4 and so on
		second := Specs{"stays": first["stays"], "changes": noting("after", 4*s, 0), "comes": noting("comes", 6*s, 0), "off": noting("off", s, 0)}
		off := second["off"]
		off.Enabled = false
		second["off"] = off
		f.say(second, nil)
		time.Sleep(9500 * ms) // to 20.5: read at 12 and 14
		require.Equal(t, []time.Duration{0, 7 * s, 14 * s}, b.noted("stays"))
		require.Equal(t, []time.Duration{0, 4 * s, 8 * s, 12 * s}, b.noted("before"))
		require.Equal(t, []time.Duration{14 * s, 18 * s}, b.noted("after"))
		require.Equal(t, []time.Duration{14 * s, 20 * s}, b.noted("comes"))
		require.Equal(t, []time.Duration{0, 6 * s, 12 * s}, b.noted("goes"))
		require.Zero(t, testutil.ToFloat64(b.deps.Metrics.refused))

		f.say(nil, errors.New("jobs.comes.interval must be at least 1s, is 0s"))
		time.Sleep(6 * s) // to 26.5: read at 22 and 24
		require.Equal(t, 1.0, testutil.ToFloat64(b.deps.Metrics.refused))
		require.Equal(t, []time.Duration{14 * s, 20 * s, 26 * s}, b.noted("comes"), "the old ones go on")

		f.say(second, nil)
		time.Sleep(s)       // to 27.5
		f.say(Specs{}, nil) // a file that was just being written
		time.Sleep(s)       // to 28.5: read at 28
		f.say(second, nil)
		time.Sleep(5 * s) // to 33.5: read at 30 and 32
		require.Zero(t, testutil.ToFloat64(b.deps.Metrics.refused))
		require.Equal(t, []time.Duration{14 * s, 20 * s, 26 * s, 32 * s}, b.noted("comes"), "half a file is not heeded")

		f.say(nil, nil)
		time.Sleep(6 * s)
		require.Empty(t, b.Status())
		require.Zero(t, testutil.CollectAndCount(b.deps.Metrics.last), "nobody waits for their next success")
		cancel()
		require.NoError(t, <-done)
		b.stop()
		require.Len(t, b.buried(), 2, "too slow twice; what was ended has not failed")
		require.Empty(t, b.noted("off"))
	})
}

// One that is changed while it runs begins when the run under way has ended.
func TestApply_never_runs_a_job_twice_at_a_time(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *bench
		b = newBench(t, func(d *Deps) {
			d.Work[SQLToRedis] = Work{Make: func(spec Spec) func(context.Context) error {
				return func(context.Context) error {
					b.note(spec.Key)
					time.Sleep(3 * s) // it does not heed its end
					return nil
				}
			}}
		})
		require.NoError(t, b.Apply(Specs{"j": noting("before", 60*s, 0)}))
		b.run(t)
		time.Sleep(s)
		require.NoError(t, b.Apply(Specs{"j": noting("after", 60*s, 0)}))
		time.Sleep(5 * s)
		b.stop()
		require.Equal(t, map[string][]time.Duration{"before": {0}, "after": {3 * s}}, b.all())
	})
}

// What this process cannot do is refused with all that comes with it, unless it is disabled.
func TestApply_refuses_what_this_process_cannot_do(t *testing.T) {
	b := newBench(t, func(d *Deps) { d.Work[SuggestionWarmup] = Work{Lacks: "another role"} })
	warm := NewSpec(SuggestionWarmup).Complete()
	require.NoError(t, b.Apply(Specs{"before": noting("before", s, 0)}))
	require.EqualError(t, b.Apply(Specs{"after": noting("after", s, 0), "warm": warm}), "jobs.warm: suggestion_warmup needs another role")
	require.Len(t, b.Status(), 1)
	require.Equal(t, "before", b.Status()[0].Name)
	warm.Enabled = false
	require.NoError(t, b.Apply(Specs{"after": noting("after", s, 0), "warm": warm}))
	require.Len(t, b.Status(), 1)
	require.Equal(t, "after", b.Status()[0].Name)
}
