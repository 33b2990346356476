package connect

import (
	"context"
	"errors"
	"time"
)

// pollEvery is the pause between two looks at a connector that is to start.
const pollEvery = 200 * time.Millisecond

// waitUntilRunning waits until the connector has run, or has failed, for Config.Settle: just after a change Connect still
// tells how the tasks were before it.
func (c *Client) waitUntilRunning(ctx context.Context, name string) error {
	var last error  // why it did not run when it was last seen; nil if it ran
	var failed bool // and whether that was for good
	var since time.Time
	for {
		status, err := c.Status(ctx, name)
		switch {
		case ctx.Err() != nil && last != nil:
			return last
		case isNotFound(err): // the worker that leads has not told the others yet
			last, failed, since = err, false, time.Now()
		case err != nil:
			return err
		default:
			now := status.Check()
			if since.IsZero() || (now == nil) != (last == nil) || status.failed() != failed {
				since = time.Now()
			}
			last, failed = now, status.failed()
		}
		if (last == nil || failed) && time.Since(since) >= c.config.Settle {
			return last
		}
		select {
		case <-ctx.Done():
			return errors.Join(last, context.Cause(ctx))
		case <-time.After(pollEvery):
		}
	}
}
