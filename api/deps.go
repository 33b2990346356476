package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
)

// Deps are what the handlers read.
type Deps struct {
	Config     Config
	Version    string // of the program, for the OpenAPI document
	Trending   Trending
	Posts      Posts
	Engagement Engagement
	Status     StatusSource
	Ready      func() bool                        // whether what the process runs beside the API has read its tables and goes on; nil for nothing
	Degraded   func(ctx context.Context) []string // optional: names of the servers that do not answer and that the process goes on without
	Titles     Titles                             // optional: what posts are called, for the page
	Metrics    *prometheus.Registry               // optional: served at /metrics, where the API registers its own as well
	Log        *slog.Logger
}

// Trending gives the trending list. *trending.Board is one.
type Trending interface {
	// Page returns limit items from the cursor on, or from the top if it is empty. It fails with trending.ErrNotReady,
	// ErrBadCursor or ErrCursorExpired.
	Page(cursor string, limit int) (trending.Page, error)
	// Subscribe returns a channel that holds the latest snapshot not yet taken, and a function that ends it.
	Subscribe() (updates <-chan *trending.Snapshot, cancel func())
}

// Posts is a view of the scores table.
type Posts interface {
	// Stats returns the lifetime counts of a post, and false if it has none.
	Stats(postID string) (PostStats, bool)
	// Window returns the counts of a post within the trending window, and false if it has no row.
	Window(postID string) (PostWindow, bool)
	// Recovered reports whether the table has been read up to its end.
	Recovered() bool
}

// PostStats are the lifetime counts of a post.
type PostStats struct {
	Counts         engagement.Counts
	LastEngagement int64 // Unix ms, 0 for none
}

// PostWindow are the counts of a post within the trending window that ends at AsOf.
type PostWindow struct {
	Counts engagement.Counts
	AsOf   int64 // Unix ms
	Length time.Duration
}

// ErrBreakerOpen says that nothing was asked, because it has failed too often just before.
var ErrBreakerOpen = errors.New("api: the circuit breaker is open")

// Engagement is what ClickHouse has counted by the hour.
type Engagement interface {
	// Hourly returns the counts of a post in each of that many hours, the one that has begun included. It answers within
	// a time limit of its own or fails, with ErrBreakerOpen if it did not even ask.
	Hourly(ctx context.Context, postID string, hours int) (EngagementSeries, error)
}

// EngagementSeries are counts by the hour.
type EngagementSeries struct {
	AsOf  int64                       // Unix ms: when it was asked
	Hours map[int64]engagement.Counts // by begin of the hour, Unix ms; hours without events are left out
}

// Titles says what posts are called, for people; false where it knows nothing.
type Titles interface {
	Title(postID string) (string, bool)
}

// StatusSource tells how the groups stand. It answers within the deadline of ctx or fails.
type StatusSource interface {
	Status(ctx context.Context) (Status, error)
}
