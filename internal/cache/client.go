package cache

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// connection is one to Redis.
type connection struct{ client *redis.Client }

// How many ask Redis at once: one who writes, or all who read.
const (
	writer  = 1
	readers = 16
)

// connect returns up to that many connections, which are made when they are first used, and which do not try again by
// themselves: whoever uses them has something newer to say by then.
func (c Config) connect(size int) (connection, error) {
	options, err := c.clientOptions()
	if err != nil {
		return connection{}, err
	}
	options.PoolSize = size
	return connection{redis.NewClient(options)}, nil
}

// Close ends the connection.
func (c connection) Close() error {
	if err := c.client.Close(); err != nil {
		return fmt.Errorf("closing Redis: %w", err)
	}
	return nil
}

func (c Config) clientOptions() (*redis.Options, error) {
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	logging.Disable() // the client's own log: one line per try, past our logger; what it says is in the errors as well
	options.ContextTimeoutEnabled = true
	options.DialTimeout, options.ReadTimeout, options.WriteTimeout, options.PoolTimeout = c.Timeout, c.Timeout, c.Timeout, c.Timeout
	options.MaxRetries, options.DialerRetries = -1, 1
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	return options, nil
}

// outage tells of the beginning and the end of an outage, not of each write in it.
type outage struct {
	addr    string
	failed  int // writes that failed since the last one that did not
	metrics *Metrics
	log     *slog.Logger
}

func (o *outage) note(ctx context.Context, err error) {
	o.metrics.wrote(err)
	switch {
	case err != nil:
		if o.failed++; o.failed == 1 {
			o.log.WarnContext(ctx, "Redis is away; going on without it", "addr", o.addr, "error", err)
		}
	case o.failed > 0:
		o.log.InfoContext(ctx, "Redis is back", "addr", o.addr, "failed_writes", o.failed)
		o.failed = 0
	}
}
