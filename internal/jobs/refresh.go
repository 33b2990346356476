package jobs

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// refresh runs a job one time, unless it is another process's turn. A run that is told to end is no failure.
func (s *Scheduler) refresh(ctx context.Context, e *entry) {
	select {
	case e.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-e.turn }()
	run, ran := s.work(ctx, e)
	if !ran {
		return
	}
	took := time.Since(run.Begin)
	s.deps.Metrics.ran(e.Job, run.Begin.Add(took), took, run.result)
	s.remember(ctx, e, run, took)
	if run.result == Failed {
		s.failed(ctx, e.Job, run.Dead)
	}
}

// remember keeps what came of a run, and tells other processes.
func (s *Scheduler) remember(ctx context.Context, e *entry, o outcome, took time.Duration) {
	r := Run{Kind: e.Kind, Begin: o.Begin.Round(0), Took: took, Result: o.result}
	if o.Err != nil {
		text := o.Err.Error()
		r.Err = text[:min(len(text), keptError)]
	}
	if s.deps.Diary != nil {
		r.Process = s.deps.Diary.Process
	}
	s.mu.Lock()
	e.skipped = o.result == Skipped
	if !e.skipped {
		e.runs = newest(e.runs, []Run{r})
	}
	s.mu.Unlock()
	if s.deps.Diary == nil || o.result == Skipped {
		return
	}
	if err := s.deps.Diary.note(ctx, e.Job, r); err != nil {
		s.deps.Log.DebugContext(ctx, "other processes are not told of a run", "job", e.Name, "err", err)
	}
}

// outcome is what came of one run.
type outcome struct {
	Dead
	result Result
}

// work does what there is to do in this interval. While another process is at it, it waits until that has done it, or else
// does it itself, until shortly before the next run. It reports false if ctx has ended.
func (s *Scheduler) work(ctx context.Context, e *entry) (outcome, bool) {
	lease := s.lease(e.Job, time.Now())
	waiting, cancel := context.WithTimeout(ctx, e.budget())
	defer cancel()
	for {
		r, whose := s.attempt(ctx, e, lease)
		if whose != theirs || !pause(waiting, s.deps.LookAgain) {
			return r, ctx.Err() == nil
		}
	}
}

// attempt runs the job when there is a place for it, if it is this process's turn then.
func (s *Scheduler) attempt(ctx context.Context, e *entry, l lease) (outcome, turn) {
	r := outcome{Dead{Name: e.Name, Kind: e.Kind, Begin: time.Now()}, Skipped}
	if !e.Own {
		if err := s.places.Acquire(ctx, 1); err != nil {
			return r, nobodys
		}
		defer s.places.Release(1)
	}
	r.Begin = time.Now()
	whose := l.take(ctx)
	if whose == ours {
		r.result = OK
		if r.Tries, r.Err = e.try(ctx); r.Err != nil {
			r.result = Failed
		}
		l.leave(ctx, r.Err != nil)
	}
	return r, whose
}

// Pauses between tries.
const (
	firstPause = time.Second
	maxPause   = 30 * time.Second
)

var errTimeout = errors.New("took too long")

// budget is for all tries: a little less than the interval, or a job that always takes too long would miss every other run.
func (j Job) budget() time.Duration { return j.Every - min(j.Every/20, time.Second) }

// try runs the job until it succeeds, its tries are over, or its interval is. It returns how often it was tried, and the
// last error.
func (j Job) try(ctx context.Context) (tries int, err error) {
	if j.Timeout == 0 {
		return 1, j.Run(ctx)
	}
	whole, cancel := context.WithTimeoutCause(ctx, j.budget(), errTimeout)
	defer cancel()
	pauses := &backoff.ExponentialBackOff{InitialInterval: firstPause, Multiplier: 2, MaxInterval: maxPause}
	_, _ = backoff.Retry(whole, func() (struct{}, error) { // what it returns may be the end of whole: err says more
		tries++
		err = j.once(whole)
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(uint(j.Retries)+1), backoff.WithMaxElapsedTime(j.budget())) //nolint:gosec // not negative
	return tries, err
}

// once is one try.
func (j Job) once(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, j.Timeout, errTimeout)
	defer cancel()
	err := j.Run(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errTimeout) {
		return fmt.Errorf("%w: %w", errTimeout, err)
	}
	return err
}

// buryTime is how long the dead-letter topic is waited for, also when the job is told to end meanwhile.
const buryTime = stopTime

// failed tells of a run that failed for good.
func (s *Scheduler) failed(ctx context.Context, j Job, dead Dead) {
	s.deps.Log.WarnContext(ctx, "a job failed", "job", j.Name, "kind", j.Kind, "tries", dead.Tries, "err", dead.Err)
	if j.Own {
		return
	}
	telling, cancel := context.WithTimeout(context.WithoutCancel(ctx), buryTime)
	defer cancel()
	err := s.deps.Bury(telling, dead)
	if err != nil {
		s.deps.Log.WarnContext(ctx, "no dead letter could be written of a job", "job", j.Name, "err", err)
	}
	s.deps.Metrics.died(j.Name, err == nil)
}
