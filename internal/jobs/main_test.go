package jobs

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	s  = time.Second
	ms = time.Millisecond
)

// bench is a scheduler in a bubble of fake time, and what it did.
type bench struct {
	*Scheduler
	begin    time.Time
	registry *prometheus.Registry
	mu       sync.Mutex
	runs     map[string][]time.Duration // begins, since begin
	dead     []Dead
	buryErr  error
	stop     func()
}

// newBench has one kind of work, "note", of which each run takes the job's MaxAge, and fails if the job's Key is set.
func newBench(t *testing.T, change func(*Deps)) *bench {
	t.Helper()
	b := &bench{begin: time.Now(), registry: prometheus.NewRegistry(), runs: map[string][]time.Duration{}}
	deps := Deps{
		Places: 2, Metrics: NewMetrics(b.registry), Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Bury: func(_ context.Context, d Dead) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.buryErr == nil {
				b.dead = append(b.dead, d)
			}
			return b.buryErr
		},
		Work: map[string]Work{SQLToRedis: {Make: func(s Spec) func(context.Context) error { return b.job(s.Key, s.MaxAge) }}},
	}
	if change != nil {
		change(&deps)
	}
	b.Scheduler = New(deps)
	return b
}

// note notes that a job runs.
func (b *bench) note(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.runs[name] = append(b.runs[name], time.Since(b.begin))
}

// noted returns when a job has run so far.
func (b *bench) noted(name string) []time.Duration { return b.all()[name] }

// all returns when each job has run so far.
func (b *bench) all() map[string][]time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := map[string][]time.Duration{}
	for name, at := range b.runs {
		all[name] = slices.Clone(at)
	}
	return all
}

// buried returns what has failed for good so far.
func (b *bench) buried() []Dead {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.dead)
}

// job is work that takes some time and notes each run under a name.
func (b *bench) job(name string, takes time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		b.note(name)
		select {
		case <-time.After(takes):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// run runs the scheduler until stop, which returns when it has ended.
func (b *bench) run(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	b.stop = func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
