// Package jobs runs periodic work under a name: at once, then at its rhythm, never twice at a time within a process.
//
//	jobs.go       what a job is
//	spec.go       named jobs, as the configuration has them, and their rules
//	kinds.go      the kinds of named jobs, and which settings each takes
//	scheduler.go  which jobs there are, and when they run
//	named.go      named jobs that come, change and go while others run
//	watch.go      reads the configuration again and again
//	refresh.go    one run: a place, tries, and what becomes of it
//	lease.go      which process runs a job in an interval
//	diary.go      the last runs, of all processes
//	dead.go       what is left of a run that failed for good
//
// Guarantee: each job runs once per interval or more often. Where processes share a Redis, one of them runs a named job in
// an interval, and another one if that does not succeed; without Redis, or when clocks differ, several may, so a job has to
// bear that. What a job misses while its last run still goes on is left out. A run that fails for good is told once, in the topic jobs-dlq, and the next one comes as if
// it had not.
//
// It knows nothing of what the work is: see package refresh.
package jobs

import (
	"context"
	"time"
)

// Job is periodic work.
type Job struct {
	Name    string
	Kind    string
	Every   time.Duration // between the begins of two runs; one that takes longer lets the next ones out
	Timeout time.Duration // for one try; 0 for none
	Retries int           // tries after the first that failed, all within Every
	// Version tells this job from others that had its name: what those have done in an interval does not count.
	Version string
	// Own says that the job belongs to what this process does: it waits for no place, needs no lease and leaves no dead letter.
	Own bool
	// Everywhere says that each process does it for itself.
	Everywhere bool
	Run        func(context.Context) error
}

// Result is what came of a run.
type Result string

// The results.
const (
	OK      Result = "ok"
	Failed  Result = "error"   // in its last try as well
	Skipped Result = "skipped" // another process has done it, or is at it, in this interval
)

// Status is how a job stands.
type Status struct {
	Name, Kind string
	Runs       []Run     // that have ended, newest first, KeptRuns at most
	Skipped    bool      // the latest one here was left to another process
	Next       time.Time // begin of the next run here; zero if that is not known
}
