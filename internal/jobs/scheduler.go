package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-co-op/gocron/v2"
	"golang.org/x/sync/semaphore"
)

// Work is what a kind of named jobs does.
type Work struct {
	Lacks      string // what this process would need to do it; "" if it can
	Everywhere bool   // each process does it for itself
	Make       func(Spec) func(context.Context) error
}

// Deps are what a scheduler of named jobs needs.
type Deps struct {
	Work    map[string]Work // by kind
	Leases  Leases          // nil for a process that is the only one
	Bury    func(context.Context, Dead) error
	Places  int    // named jobs that run at the same time
	Diary   *Diary // where other processes are told of runs; nil for nowhere
	Metrics *Metrics
	Log     *slog.Logger

	// LookAgain is the time between two looks whether a job that another process runs is done; 5 s if 0.
	LookAgain time.Duration
}

// Scheduler runs jobs.
type Scheduler struct {
	deps   Deps
	places *semaphore.Weighted

	mu    sync.Mutex
	cron  gocron.Scheduler // nil before Run and after
	jobs  map[string]*entry
	turns map[string]chan struct{} // by job: one that was replaced may still be at its end
	specs Specs                    // of the named jobs

	atWork sync.WaitGroup // runs
}

// entry is a job that is known.
type entry struct {
	Job
	cron gocron.Job // nil while the scheduler does not run
	stop context.CancelFunc
	turn chan struct{}

	begun   time.Time // latest moment of its rhythm
	runs    []Run     // that have ended, newest first
	skipped bool      // the latest one was another process's turn
}

// New returns a scheduler without jobs.
func New(deps Deps) *Scheduler {
	deps.LookAgain = cmp.Or(deps.LookAgain, lookAgain)
	return &Scheduler{deps: deps, places: semaphore.NewWeighted(int64(max(deps.Places, 1))), jobs: map[string]*entry{}, turns: map[string]chan struct{}{}}
}

// Add adds a job.
func (s *Scheduler) Add(j Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(j)
}

func (s *Scheduler) add(j Job) error {
	if j.Every <= 0 {
		return fmt.Errorf("scheduling %s: its interval must be positive, is %v", j.Name, j.Every)
	}
	if s.jobs[j.Name] != nil {
		return fmt.Errorf("scheduling %s: there is such a job", j.Name)
	}
	if s.turns[j.Name] == nil {
		s.turns[j.Name] = make(chan struct{}, 1)
	}
	e := &entry{Job: j, turn: s.turns[j.Name]}
	if s.cron != nil {
		if err := s.schedule(e); err != nil {
			return err
		}
	}
	s.jobs[j.Name] = e
	s.deps.Metrics.known(j)
	return nil
}

// schedule has a job run from now on.
func (s *Scheduler) schedule(e *entry) error {
	ctx, stop := context.WithCancel(context.Background())
	job, err := s.cron.NewJob(gocron.DurationJob(e.Every), gocron.NewTask(func() { s.run(ctx, e) }), gocron.WithName(e.Name),
		gocron.WithSingletonMode(gocron.LimitModeReschedule), gocron.WithStartAt(gocron.WithStartImmediately()))
	if err != nil {
		stop()
		return fmt.Errorf("scheduling %s: %w", e.Name, err)
	}
	e.cron, e.stop = job, stop
	return nil
}

func (s *Scheduler) run(ctx context.Context, e *entry) {
	s.atWork.Add(1)
	defer s.atWork.Done()
	if s.due(e, time.Now()) {
		s.refresh(ctx, e)
	}
}

// due reports whether a job is to run now. By gocron one may begin twice at the same moment, if it has ended before the clock
// has gone on.
func (s *Scheduler) due(e *entry, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !now.After(e.begun) {
		return false
	}
	e.begun = now
	return true
}

// remove ends a job, also the run under way.
func (s *Scheduler) remove(name string) {
	e := s.jobs[name]
	if e == nil {
		return
	}
	delete(s.jobs, name)
	s.deps.Metrics.gone(name)
	if e.cron == nil {
		return
	}
	e.stop()
	if s.cron == nil { // all has ended
		return
	}
	if err := s.cron.RemoveJob(e.cron.ID()); err != nil {
		s.deps.Log.Warn("removing a job", "job", name, "err", err)
	}
}

const (
	// stopTime is how long runs under way may take to notice that they are to end.
	stopTime = 5 * time.Second
	// cronTime is how long the library may wait for them after that, which it does without a rest.
	cronTime = 10 * time.Millisecond
)

// Run runs the jobs until ctx ends, which ends those under way as well, and returns nil then. One that does not end within
// 5 s is left behind.
func (s *Scheduler) Run(ctx context.Context) error {
	if err := s.start(); err != nil {
		return err
	}
	<-ctx.Done()
	s.mu.Lock()
	cron := s.cron
	s.cron = nil
	for _, e := range s.jobs {
		e.stop()
	}
	s.mu.Unlock()
	if !s.rest() {
		s.deps.Log.WarnContext(ctx, "ended without waiting any longer", "while", "stopping jobs", "after", stopTime)
	}
	_ = cron.Shutdown() // it says no more than that
	return nil
}

// rest waits until no job runs, and reports false if that takes too long.
func (s *Scheduler) rest() bool {
	ended := make(chan struct{})
	go func() { s.atWork.Wait(); close(ended) }()
	select {
	case <-ended:
		return true
	case <-time.After(stopTime):
		return false
	}
}

func (s *Scheduler) start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.cron, err = gocron.NewScheduler(gocron.WithStopTimeout(cronTime)); err != nil {
		return fmt.Errorf("making a scheduler: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(s.jobs)) {
		if err := s.schedule(s.jobs[name]); err != nil {
			for _, e := range s.jobs {
				if e.stop != nil {
					e.stop()
				}
			}
			return errors.Join(err, s.cron.Shutdown())
		}
	}
	s.cron.Start()
	return nil
}

// Status returns how the jobs stand, by name.
func (s *Scheduler) Status() []Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Status, 0, len(s.jobs))
	for _, name := range slices.Sorted(maps.Keys(s.jobs)) {
		e := s.jobs[name]
		st := Status{Name: e.Name, Kind: e.Kind, Runs: e.runs, Skipped: e.skipped}
		if s.cron != nil {
			if next, err := e.cron.NextRun(); err == nil {
				st.Next = next
			}
		}
		all = append(all, st)
	}
	return all
}
