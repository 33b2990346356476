package devstack

import (
	"context"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// How long Keep waits before it starts a server again, and how often it tries.
const (
	keepPause = time.Second
	keepTries = 5
)

// Keep starts the ClickHouse process again on its data and address whenever it has ended by itself, until ctx ends. If it
// does not come up, the error says why.
func (s *Stack) Keep(ctx context.Context) error {
	if s.clickhouse == nil {
		return nil
	}
	for {
		child := s.clickhouse.child
		select {
		case <-ctx.Done():
			return nil
		case <-child.ended:
		}
		_ = child.stdout.Close() // nobody reads it any more
		_, err := backoff.Retry(ctx, func() (struct{}, error) {
			select {
			case <-ctx.Done():
			case <-time.After(keepPause):
			}
			return struct{}{}, s.RestartClickHouse(ctx)
		}, backoff.WithMaxTries(keepTries), backoff.WithMaxElapsedTime(0))
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // asked to end
		case err != nil:
			return fmt.Errorf("starting ClickHouse again after it had ended by itself (%v): %w", child.err, err) //nolint:errorlint // nil where it ended well
		}
		s.cfg.Logger.WarnContext(ctx, "ClickHouse had ended by itself and was started again", "pid", s.clickhouse.child.command.Process.Pid)
	}
}
