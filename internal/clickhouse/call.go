package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/cenkalti/backoff/v5"
)

// Call is a use of a connection. It may be made again, so it keeps nothing of a try that failed.
type Call func(ctx context.Context, conn driver.Conn) error

// do makes a call once, under its name in the metrics: within limit, and only if the breaker lets it. Every call of a
// client goes through here. proves says whether a success shows the breaker that the server is well.
func (c *Client) do(ctx context.Context, name string, limit time.Duration, proves bool, call Call) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	begin := time.Now()
	err := c.breaker.run(proves, func() error { return call(ctx, c.conn) })
	c.metrics.called(c.name, name, time.Since(begin), Kind(err))
	return addressOnly(err)
}

// Do makes a call once. It takes QueryTimeout at most; the error says the name. For the breaker of the sink's client only
// inserts count as successes.
func (c *Client) Do(ctx context.Context, name string, call Call) error {
	if err := c.do(ctx, name, c.cfg.QueryTimeout, c.name != SinkClient, call); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// Exec runs a statement once.
func (c *Client) Exec(ctx context.Context, name, query string, args ...any) error {
	return c.Do(ctx, name, func(ctx context.Context, conn driver.Conn) error { return conn.Exec(ctx, query, args...) })
}

// readTries is how often a read is made at most.
const readTries = 4

// Read makes a call that changes nothing, and makes it again after 50, 100 and 200 ms if the server did not answer or had
// no room, until ctx ends. A call that took too long is not repeated, nor one the breaker refused.
func (c *Client) Read(ctx context.Context, name string, call Call) error {
	pauses := &backoff.ExponentialBackOff{InitialInterval: 50 * time.Millisecond, Multiplier: 2, MaxInterval: time.Second}
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := c.Do(ctx, name, call)
		if err != nil && !Kind(err).Retriable() {
			err = backoff.Permanent(err)
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pauses), backoff.WithMaxTries(readTries), backoff.WithMaxElapsedTime(0))
	return err
}

// errOneRow says that a query that gives one row gave more or fewer.
var errOneRow = errors.New("clickhouse: not one row")

// Query reads all rows of a query, each as a T: a struct whose fields carry the columns' names in `ch` tags.
func Query[T any](ctx context.Context, c *Client, name, query string, args ...any) ([]T, error) {
	var rows []T
	err := c.Read(ctx, name, func(ctx context.Context, conn driver.Conn) error {
		rows = nil
		return conn.Select(ctx, &rows, query, args...)
	})
	return rows, err
}

// QueryRow reads the only row of a query, as Query does.
func QueryRow[T any](ctx context.Context, c *Client, name, query string, args ...any) (T, error) {
	var zero T
	rows, err := Query[T](ctx, c, name, query, args...)
	switch {
	case err != nil:
		return zero, err
	case len(rows) != 1:
		return zero, fmt.Errorf("%s: %w: %d", name, errOneRow, len(rows))
	}
	return rows[0], nil
}
