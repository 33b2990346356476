// Package refresh is what named jobs do: each kind reads ClickHouse, once, and puts what it finds where readers look for it.
//
//	sqltoredis.go  the rows of any query, to a key of Redis
//	fallback.go    the list that stands in for trending, to a key of Redis
//	warmup.go      suggestions of active users, before they ask
//	freshness.go   how far views and mirrors lag, to a metric
//
// All may run again and at the same time as elsewhere: the last one to write wins, and all write the same, but for what has
// happened in between. A run that fails has written nothing. When and how often they run, and what becomes of those that fail,
// is the business of package jobs.
package refresh

import (
	"context"
	"embed"
	"time"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// Writer writes values that live for a while. *cache.Keys is one.
type Writer interface {
	Set(ctx context.Context, key string, value []byte, ttl time.Duration) error
}

// Target is a key and how long it lives after a write.
type Target struct {
	Writer
	Key string
	TTL time.Duration
}

func (t Target) write(ctx context.Context, value []byte) error {
	return t.Set(ctx, t.Key, value, t.TTL)
}

//go:embed sql/*.sql
var files embed.FS

// text returns a query of this package.
func text(name string) string {
	data, err := files.ReadFile("sql/" + name + ".sql")
	if err != nil {
		panic("refresh: " + err.Error())
	}
	return string(data)
}

// longest is how long a query may take for the client's sake: jobs have time limits of their own.
const longest = 24 * time.Hour

// OpenClient prepares a client for jobs. It reads only, with the user for reading, and has the time that a job has.
func OpenClient(cfg clickhouse.Config, options ...clickhouse.Option) (*clickhouse.Client, error) {
	cfg.Read.QueryTimeout, cfg.ReadTimeout = longest, max(cfg.ReadTimeout, longest)
	return clickhouse.OpenReader(cfg, append(options, clickhouse.Named("refresh"))...)
}
