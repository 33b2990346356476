package clickhouse

import (
	"context"
	_ "embed"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// OpenReader prepares a client for readers: connections, time limits and a breaker of its own, the user for reading, and
// every query marked as one that may change nothing, whoever the user is.
func OpenReader(cfg Config, options ...Option) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return Open(cfg.reading(), append([]Option{Named(ReadClient)}, options...)...)
}

//go:embed sql/post_engagement.sql
var postEngagementSQL string

// HourCounts are the events of a post in one hour of event time.
type HourCounts struct {
	Hour     int64 `ch:"hour_ms"` // begin, Unix ms
	Views    int64 `ch:"views"`
	Likes    int64 `ch:"likes"`
	Comments int64 `ch:"comments"`
	Shares   int64 `ch:"shares"`
}

// PostEngagement returns the hours from the one that begins at from (Unix ms) on in which something happened to a post.
func (c *Client) PostEngagement(ctx context.Context, postID string, from int64) ([]HourCounts, error) {
	return Query[HourCounts](ctx, c, "post_engagement", postEngagementSQL, ch.Named("post_id", postID), ch.Named("from_ms", from))
}

// Stream runs a query and gives its rows to read while they come, within the time limit of a query. It is not tried
// again. Rows that read leaves are not fetched.
func (c *Client) Stream(ctx context.Context, name, query string, read func(driver.Rows) error) error {
	return c.Do(ctx, name, func(ctx context.Context, conn driver.Conn) (err error) {
		ctx, cancel := context.WithCancel(ctx)
		rows, err := conn.Query(ctx, query)
		if err != nil {
			cancel()
			return err
		}
		defer func() {
			cancel() // first, so that closing does not read the rest
			_ = rows.Close()
		}()
		return read(rows)
	})
}
