package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

func TestRun_at_once_and_again(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		var atWork atomic.Int32
		require.NoError(t, b.Add(Job{Name: "fast", Kind: "k", Every: 10 * s, Timeout: 10 * s, Run: b.job("fast", 0)}))
		require.NoError(t, b.Add(Job{Name: "slow", Kind: "k", Own: true, Every: 10 * s, Run: func(ctx context.Context) error {
			if atWork.Add(1) > 1 {
				t.Error("twice at a time")
			}
			defer atWork.Add(-1)
			return b.job("slow", 15*s)(ctx)
		}}))
		require.NoError(t, b.Add(Job{Name: "failing", Kind: "k", Own: true, Every: 20 * s, Run: func(context.Context) error {
			b.note("failing")
			return errors.New("on purpose")
		}}))
		b.run(t)
		time.Sleep(45 * s)
		b.stop()
		require.Equal(t, map[string][]time.Duration{
			"fast": {0, 10 * s, 20 * s, 30 * s, 40 * s}, "slow": {0, 20 * s, 40 * s}, "failing": {0, 20 * s, 40 * s},
		}, b.all())
		count := func(job string, r Result) float64 {
			return testutil.ToFloat64(b.deps.Metrics.runs.WithLabelValues(job, "k", string(r)))
		}
		require.Equal(t, []float64{5, 0, 0}, []float64{count("fast", OK), count("fast", Failed), count("fast", Skipped)})
		require.Equal(t, []float64{2, 0, 0}, []float64{count("slow", OK), count("slow", Failed), count("slow", Skipped)}, "the third was told to end")
		require.Equal(t, []float64{0, 3, 0}, []float64{count("failing", OK), count("failing", Failed), count("failing", Skipped)})
		require.Empty(t, b.buried(), "a process's own jobs leave none")
		require.InDelta(t, float64(b.begin.Add(40*s).Unix()), testutil.ToFloat64(b.deps.Metrics.last.WithLabelValues("fast")), 0)
	})
}

// A try that takes too long is ended, the pauses double, and all that ends with the interval.
func TestRun_tries_again_within_the_interval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			name           string
			every, timeout time.Duration
			retries        int
			takes          time.Duration // of a try, unless it is ended; then it fails
			well           int           // the try that does not fail; 0 for none
			want           []time.Duration
			took           time.Duration
			err            string
		}{
			{"well at once", 60 * s, 5 * s, 3, s, 1, []time.Duration{0}, s, ""},
			{"well at last", 60 * s, 5 * s, 3, s, 4, []time.Duration{0, 2 * s, 5 * s, 10 * s}, 11 * s, ""},
			{"never", 60 * s, 5 * s, 2, s, 0, []time.Duration{0, 2 * s, 5 * s}, 6 * s, "fault 3"},
			{"no retries", 60 * s, 5 * s, 0, s, 0, []time.Duration{0}, s, "fault 1"},
			{"too slow", 60 * s, 5 * s, 1, 7 * s, 0, []time.Duration{0, 6 * s}, 11 * s, "took too long: context deadline exceeded"},
			{"until the interval ends", 10 * s, 4 * s, 9, 3 * s, 0, []time.Duration{0, 4 * s, 9 * s}, 9500 * ms, "took too long: context deadline exceeded"},
		} {
			b := newBench(t, nil)
			faults := 0
			require.NoError(t, b.Add(Job{Name: "j", Kind: "k", Every: c.every, Timeout: c.timeout, Retries: c.retries, Run: func(ctx context.Context) error {
				err := b.job("j", c.takes)(ctx)
				if n := len(b.noted("j")); err == nil && n != c.well {
					faults++
					err = fmt.Errorf("fault %d", n)
				}
				return err
			}}))
			b.run(t)
			time.Sleep(c.every - ms)
			synctest.Wait()
			require.Equal(t, c.want, b.noted("j"), c.name)
			dead := b.buried()
			st := b.Status()[0]
			require.Equal(t, b.begin.Add(c.every), st.Next, c.name)
			result := OK
			if c.err != "" {
				result = Failed
			}
			require.Equal(t, []Run{{Kind: "k", Begin: b.begin.Round(0), Took: c.took, Result: result, Err: c.err}}, st.Runs, c.name)
			if c.err == "" {
				require.Empty(t, dead)
			} else {
				require.Len(t, dead, 1, c.name)
				require.EqualError(t, dead[0].Err, c.err)
				require.Equal(t, len(c.want), dead[0].Tries)
			}
			if c.takes == s {
				require.Equal(t, len(c.want)-min(c.well, 1), faults, c.name)
			}
			b.stop()
		}
	})
}

// Of each refresh that failed for good there is one letter, whatever becomes of it, and what alarms watch rises from 0.
func TestRun_buries_each_failure_once(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		faults := 0
		require.NoError(t, b.Add(Job{Name: "j", Kind: "k", Every: 10 * s, Timeout: s, Retries: 1, Run: func(context.Context) error {
			faults++
			return errors.New("on purpose")
		}}))
		died := func() float64 { return testutil.ToFloat64(b.deps.Metrics.dead.WithLabelValues("j")) }
		lost := func() float64 { return testutil.ToFloat64(b.deps.Metrics.lost.WithLabelValues("j")) }
		require.Equal(t, 1, testutil.CollectAndCount(b.deps.Metrics.dead), "it is there before it rises")
		require.Zero(t, died())
		b.run(t)
		time.Sleep(25 * s)
		synctest.Wait()
		b.mu.Lock()
		b.buryErr = errors.New("Kafka is away")
		b.mu.Unlock()
		time.Sleep(10 * s)
		b.stop()
		require.Equal(t, 8, faults, "four refreshes of two tries")
		require.Equal(t, []float64{4, 1}, []float64{died(), lost()})
		require.Len(t, b.buried(), 3)
		for i, d := range b.buried() {
			begin := b.begin.Add(time.Duration(i) * 10 * s)
			require.Equal(t, Dead{"j", "k", begin, 2, errors.New("on purpose")}, d)
			letter, err := d.Letter()
			require.NoError(t, err)
			require.Equal(t, []any{"job:j", int32(0), begin.UnixMilli(), "on purpose", "j"}, []any{letter.Topic, letter.Partition, letter.Offset, letter.Detail, string(letter.Key)})
		}
	})
}

// No more named jobs run at the same time than there are places; a process's own need none.
func TestRun_is_bounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, nil)
		var atWork, most atomic.Int32
		for i := range 5 {
			name := fmt.Sprint("j", i)
			require.NoError(t, b.Add(Job{Name: name, Every: 100 * s, Timeout: 50 * s, Run: func(ctx context.Context) error {
				most.Store(max(most.Load(), atWork.Add(1)))
				defer atWork.Add(-1)
				b.note("all")
				return b.job(name, 10*s)(ctx)
			}}))
		}
		require.NoError(t, b.Add(Job{Name: "own", Own: true, Every: 100 * s, Run: b.job("own", 90*s)}))
		b.run(t)
		time.Sleep(99 * s)
		b.stop()
		require.Equal(t, []time.Duration{0, 0, 10 * s, 10 * s, 20 * s}, b.noted("all"))
		require.Equal(t, []time.Duration{0}, b.noted("own"))
		require.EqualValues(t, 2, most.Load())
	})
}

// leases are those of one process among others that share them, and the lock. They do not end.
type leases struct {
	mu   *sync.Mutex
	who  string
	held map[string]string
	err  error
}

// fail has nobody get a lease any more.
func (l *leases) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func (l *leases) Take(_ context.Context, name string, _ time.Duration) (mine, done bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return false, false, l.err
	}
	if l.held[name] == "" {
		l.held[name] = l.who
	}
	return l.held[name] == l.who, l.held[name] == "done", nil
}

func (l *leases) Done(_ context.Context, name string, _ time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held[name] = "done"
	return l.err
}

func (l *leases) GiveBack(context.Context, string, time.Duration) error { panic("nothing fails") }

// Of several processes one runs a job in an interval, all run what is to be done everywhere, and all run everything while
// nobody can give leases. When one ends, another goes on in the next interval.
func TestRun_by_one_of_several_processes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		held, lock := map[string]string{}, &sync.Mutex{}
		process := func(who string) (*bench, *leases) {
			l := &leases{mu: lock, who: who, held: held}
			b := newBench(t, func(d *Deps) { d.Leases = l })
			require.NoError(t, b.Add(Job{Name: "one", Kind: "k", Every: 60 * s, Timeout: 30 * s, Run: b.job("one", s)}))
			require.NoError(t, b.Add(Job{Name: "each", Kind: "k", Every: 60 * s, Timeout: 30 * s, Everywhere: true, Run: b.job("each", s)}))
			b.run(t)
			return b, l
		}
		time.Sleep(time.Until(time.Now().Truncate(60 * s).Add(70 * s))) // 10 s into an interval
		a, _ := process("a")
		time.Sleep(20 * s)
		c, leasesOfC := process("c") // 30 s into it
		time.Sleep(90 * s)
		a.stop()
		time.Sleep(60*s + 10*s)
		leasesOfC.fail(errors.New("Redis is away"))
		time.Sleep(60 * s)
		c.stop()
		require.Equal(t, map[string][]time.Duration{"one": {0, 60 * s}, "each": {0, 60 * s}}, a.all())
		require.Equal(t, map[string][]time.Duration{"one": {120 * s, 180 * s}, "each": {0, 60 * s, 120 * s, 180 * s}}, c.all())
		require.Equal(t, 2.0, testutil.ToFloat64(c.deps.Metrics.runs.WithLabelValues("one", "k", string(Skipped))))
	})
}

// At the end runs under way are told, and have 5 s.
func TestRun_ends(t *testing.T) {
	run := func(t *testing.T, takes time.Duration) time.Duration {
		t.Helper()
		b := newBench(t, nil)
		told := make(chan struct{})
		require.NoError(t, b.Add(Job{Name: "j", Every: 60 * s, Timeout: 60 * s, Retries: 3, Run: func(ctx context.Context) error {
			<-ctx.Done()
			close(told)
			time.Sleep(takes)
			return ctx.Err()
		}}))
		b.run(t)
		time.Sleep(100 * ms)
		begin := time.Now()
		b.stop()
		<-told
		took := time.Since(begin)
		time.Sleep(takes - took)
		require.Empty(t, b.buried(), "ended, not failed")
		return took
	}
	synctest.Test(t, func(t *testing.T) { require.Equal(t, 3*s, run(t, 3*s)) })
	if testing.Short() {
		t.Skip("takes seconds")
	}
	require.InDelta(t, 5.0, run(t, 6500*ms).Seconds(), 1)
}

func TestAdd_refuses(t *testing.T) {
	b := newBench(t, nil)
	require.ErrorContains(t, b.Add(Job{Name: "never"}), "scheduling never: its interval must be positive")
	require.NoError(t, b.Add(Job{Name: "twice", Every: s}))
	require.ErrorContains(t, b.Add(Job{Name: "twice", Every: s}), "there is such a job")
}
