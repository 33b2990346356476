package api

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
)

// Deps are what the handlers read.
type Deps struct {
	Config   Config
	Version  string // of the program, for the OpenAPI document
	Trending Trending
	Posts    Posts
	Status   StatusSource
	Ready    func() bool          // NewOperations only: whether what the process runs has read its tables and goes on
	Titles   Titles               // optional: names of posts for the page
	Metrics  *prometheus.Registry // optional: served at /metrics, where the API registers its own as well
	Log      *slog.Logger
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
	// Recovered reports whether the table has been read up to its end.
	Recovered() bool
}

// PostStats are the lifetime counts of a post.
type PostStats struct {
	Counts         engagement.Counts
	LastEngagement int64 // Unix ms, 0 for none
}

// Titles names posts, for people; false where it knows none.
type Titles interface {
	Title(postID string) (string, bool)
}

// StatusSource tells how the groups stand. It answers within the deadline of ctx or fails.
type StatusSource interface {
	Status(ctx context.Context) (Status, error)
}
