package streams

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// healthyAfter is how long a processor must have run for the backoff to start from the beginning.
const healthyAfter = time.Minute

// Run keeps the group going until ctx ends: a processor that ends for any reason is built anew after a pause that grows
// from BackoffMin to BackoffMax. It returns nil when ctx ends; the last session is then drained and committed.
func (s *Stage) Run(ctx context.Context) error {
	defer s.setState(Stopped)
	pause := backoff.NewExponentialBackOff()
	pause.InitialInterval, pause.MaxInterval = s.cfg.BackoffMin, s.cfg.BackoffMax
	for {
		began := time.Now()
		err := s.runOnce(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if time.Since(began) > healthyAfter {
			pause.Reset()
		}
		wait := pause.NextBackOff()
		s.lastErr.Store(&err)
		s.setState(Waiting)
		s.cfg.Metrics.rebuilt(s.name)
		s.cfg.Log.WarnContext(ctx, "rebuilding processor", "group", s.name, "in", wait, "err", err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
