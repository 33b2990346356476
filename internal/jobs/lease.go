package jobs

import (
	"context"
	"strconv"
	"time"
)

// Leases give the right to something to one who asks, for a while.
type Leases interface {
	// Take reports whether this process has the right of that name now, for so long. If not, done says whether what it is for
	// is done.
	Take(ctx context.Context, name string, life time.Duration) (mine, done bool, err error)
	// Done says for so long that what the right is for is done.
	Done(ctx context.Context, name string, life time.Duration) error
	// GiveBack lets others have the right after a while, if it is still this process's.
	GiveBack(ctx context.Context, name string, after time.Duration) error
}

const leasePrefix = "nova:job:"

// lease is the right to run a job in an interval.
type lease struct {
	s    *Scheduler
	job  Job
	name string
}

// lease returns the right to run a job in the interval in which now lies. Intervals are counted from 1970, so that all
// processes have the same ones.
func (s *Scheduler) lease(j Job, now time.Time) lease {
	interval := now.UnixMilli() / max(j.Every.Milliseconds(), 1)
	return lease{s, j, leasePrefix + j.Name + ":" + j.Version + ":" + strconv.FormatInt(interval, 10)}
}

// turn says whose turn it is to run a job.
type turn int

const (
	ours   turn = iota
	theirs      // who runs it may yet fail
	nobodys
)

// none reports whether the job needs no lease.
func (l lease) none() bool { return l.job.Own || l.job.Everywhere || l.s.deps.Leases == nil }

// take asks for the lease, for as long as a run may take. If nobody can say whose turn it is, it is ours: a job bears being
// run by several.
func (l lease) take(ctx context.Context) turn {
	if l.none() {
		return ours
	}
	mine, done, err := l.s.deps.Leases.Take(ctx, l.name, l.job.longest()+stopTime)
	switch {
	case err != nil:
		l.s.deps.Log.DebugContext(ctx, "a job runs without a lease", "job", l.job.Name, "err", err)
		return ours
	case mine:
		return ours
	case done:
		return nobodys
	}
	return theirs
}

// leave says what came of the run. Who was told to end leaves it to others at once, who failed after a pause.
func (l lease) leave(ctx context.Context, failed bool) {
	if l.none() {
		return
	}
	told := context.WithoutCancel(ctx)
	var err error
	switch {
	case !failed:
		err = l.s.deps.Leases.Done(told, l.name, 2*l.job.Every)
	case ctx.Err() != nil:
		err = l.s.deps.Leases.GiveBack(told, l.name, 0)
	default:
		err = l.s.deps.Leases.GiveBack(told, l.name, maxPause)
	}
	if err != nil {
		l.s.deps.Log.DebugContext(ctx, "a lease stays as it is until its end", "job", l.job.Name, "err", err)
	}
}

// longest is how long all tries of a run may take together.
func (j Job) longest() time.Duration {
	whole, pause := j.Timeout, firstPause
	for range j.Retries {
		whole += pause + j.Timeout
		pause = min(2*pause, maxPause)
	}
	return min(whole, j.budget())
}

// lookAgain is the time between two looks at a lease that another process has.
const lookAgain = 5 * time.Second

// pause waits, and reports false if ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
