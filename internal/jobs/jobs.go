// Package jobs runs periodic work under a name: at once, then at its rhythm, never twice at a time within a process.
//
// Several processes may run the same job at the same time; a job has to bear that. A run that fails is logged and counted,
// and the next one comes as if it had not. It knows nothing of what the work is.
package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/go-co-op/gocron/v2"
)

// Job is periodic work.
type Job struct {
	Name  string
	Every time.Duration // between the begins of two runs; one that takes longer lets the next ones out
	Run   func(context.Context) error
}

// stopTime is how long runs under way may take to notice that they are to end.
const stopTime = 5 * time.Second

// Run runs the jobs until ctx ends, which ends those under way as well, and returns nil then.
func Run(ctx context.Context, log *slog.Logger, m *Metrics, jobs ...Job) error {
	scheduler, err := gocron.NewScheduler(gocron.WithStopTimeout(stopTime))
	if err != nil {
		return fmt.Errorf("making a scheduler: %w", err)
	}
	for _, j := range jobs {
		_, err := scheduler.NewJob(gocron.DurationJob(j.Every), gocron.NewTask(func() { j.once(ctx, log, m) }), gocron.WithName(j.Name),
			gocron.WithSingletonMode(gocron.LimitModeReschedule), gocron.WithStartAt(gocron.WithStartImmediately()))
		if err != nil {
			return errors.Join(fmt.Errorf("scheduling %s: %w", j.Name, err), scheduler.Shutdown())
		}
	}
	scheduler.Start()
	<-ctx.Done()
	if err := scheduler.Shutdown(); err != nil {
		return fmt.Errorf("stopping jobs: %w", err)
	}
	return nil
}

// once runs the job one time.
func (j Job) once(ctx context.Context, log *slog.Logger, m *Metrics) {
	begin := time.Now()
	err := j.Run(ctx)
	if ctx.Err() != nil {
		return // ended, not failed
	}
	m.ran(j.Name, time.Since(begin), err)
	if err != nil {
		log.WarnContext(ctx, "a job failed", "job", j.Name, "err", err)
	}
}
