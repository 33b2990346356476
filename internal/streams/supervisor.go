package streams

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// healthyAfter is how long a processor must have run for the backoff to start from the beginning.
const healthyAfter = time.Minute

// crashWindow is the time within which Config.CrashLoop rebuilds are a crash loop.
const crashWindow = 10 * time.Minute

// isPermanent reports whether a rebuild cannot help: somebody has to look.
func isPermanent(err error) bool {
	return errors.Is(err, ErrInputLost) || errors.Is(err, ErrPartitions)
}

// Run keeps the group going until ctx ends: a processor that ends for any reason is built anew after a pause that grows
// from BackoffMin to BackoffMax. What a rebuild cannot help (ErrInputLost, ErrPartitions) stops the group: it stays in
// state Failed, and does nothing, until ctx ends. Run returns ErrFenced if the process must end because another has its
// place, and nil when ctx has ended; the last session is then drained and committed.
func (s *Stage) Run(ctx context.Context) (err error) {
	defer func() {
		s.health.set(Stopped)
		err = errors.Join(err, s.keeper.close())
	}()
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = s.cfg.BackoffMin, s.cfg.BackoffMax
	for {
		began := time.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, ErrFenced) {
			s.cfg.Log.ErrorContext(ctx, "stage replaced by another process", "group", s.name, "err", err)
			return err
		}
		if isPermanent(err) {
			s.health.failed(err, Failed)
			s.cfg.Metrics.group(s.name).stopped(true)
			s.cfg.Log.ErrorContext(ctx, "stage stopped: it needs somebody to look", "group", s.name, "err", err)
			<-ctx.Done()
			return nil
		}
		if time.Since(began) > healthyAfter {
			pause.Reset()
		}
		wait := pause.NextBackOff()
		looping := s.health.failed(err, Waiting) >= s.cfg.CrashLoop
		s.cfg.Metrics.group(s.name).rebuilt(looping)
		if looping {
			s.cfg.Log.ErrorContext(ctx, "stage is in a crash loop", "group", s.name, "rebuilds", s.cfg.CrashLoop, "within", crashWindow, "in", wait, "err", err)
		} else {
			s.cfg.Log.WarnContext(ctx, "rebuilding stage", "group", s.name, "in", wait, "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
