package api

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

// Deps are what the handlers read.
type Deps struct {
	Config      Config
	Version     string // of the program, for the OpenAPI document
	Trending    Trending
	Posts       Posts
	Timeline    Timeline
	Engagement  Engagement
	Suggestions Suggestions
	Feed        Feed
	Ingest      Ingest      // optional: nil where none can be written
	EventLimits EventLimits // of one request to write events
	Status      StatusSource
	Callers     Callers                            // optional: who sent a token; nil for none configured
	Ready       func() bool                        // whether what the process runs beside the API has read its tables and goes on; nil for nothing
	Degraded    func(ctx context.Context) []string // optional: names of the servers that do not answer and that the process goes on without
	Metrics     *prometheus.Registry               // optional: served at /metrics, where the API registers its own as well
	Log         *slog.Logger
	Now         func() time.Time // optional: the clock, time.Now if nil
	Known       func() time.Time // optional: the clock of as_of, which stands still while tables are not known to be read up to their ends; Now if nil
}

// Timeline gives posts, users and follows as the application's database has them. *timeline.Index has all but Recovered.
type Timeline interface {
	// Post returns a post, and false where there is none that readers see.
	Post(id string) (timeline.Post, bool)
	// Hidden reports whether it is known that readers do not see a post: one of which nothing is known may be seen.
	Hidden(postID string) bool
	// User returns a user, and false for one who is not known or deleted.
	User(id string) (timeline.User, bool)
	// Relationship returns how a user stands to another, and false if one of them is not known or deleted.
	Relationship(id, other string) (timeline.Relationship, bool)
	// Posts, Following and Followers return a page of a list of a user, from the cursor on, and the cursor of the next
	// page, empty at the end. They fail with timeline.ErrUserNotFound or ErrBadCursor.
	Posts(userID, after string, limit int) (page []timeline.Post, next string, err error)
	Following(userID, after string, limit int) (page []timeline.Follow, next string, err error)
	Followers(userID, after string, limit int) (page []timeline.Follow, next string, err error)
	// Recovered reports whether the tables have been read up to their ends.
	Recovered() bool
}

// Trending gives the trending list. *trending.Board is one.
type Trending interface {
	// Page returns limit items from the cursor on, or from the top if it is empty. It fails with trending.ErrNotReady,
	// ErrBadCursor or ErrCursorExpired.
	Page(cursor string, limit int) (trending.Page, error)
	// Snapshot returns the list as of the latest sort, nil before the first.
	Snapshot() *trending.Snapshot
	// Subscribe returns a channel that holds the latest snapshot not yet taken, and a function that ends it.
	Subscribe() (updates <-chan *trending.Snapshot, cancel func())
}

// Posts is a view of the scores table.
type Posts interface {
	// Stats returns the lifetime counts of a post, and false if it has none.
	Stats(postID string) (lifetime.Stats, bool)
	// Window returns the counts of a post within the trending window, and false if it has no row.
	Window(postID string) (PostWindow, bool)
	// Recovered reports whether the table has been read up to its end.
	Recovered() bool
}

// PostWindow are the counts of a post within the trending window that ends at AsOf.
type PostWindow struct {
	Counts engagement.Counts
	AsOf   int64 // Unix ms
	Length time.Duration
}

// Suggestions says whom users may want to follow.
type Suggestions interface {
	// Suggestions returns at most limit users, the configured number for 0. It fails with suggestions.ErrNotReady or
	// ErrUnknownUser.
	Suggestions(userID string, limit int) (suggestions.Suggestions, error)
}

// Feed makes readers' feeds. *feed.Feed is one.
type Feed interface {
	// Page returns a page. It fails with feed.ErrNotReady, ErrBadCursor or ErrCursorExpired.
	Page(ctx context.Context, r feed.Request) (feed.Page, error)
	// See notes what a reader has seen. It fails with feed.ErrAway.
	See(ctx context.Context, readerID string, postIDs []string) error
	// Ready reports whether Page can answer.
	Ready() bool
}

// EventLimits bounds a request to write events.
type EventLimits struct {
	MaxEvents int
	MaxBytes  int64
	Pending   int64         // bytes of the bodies of all requests under way; 0 for no bound
	Ahead     time.Duration // how far ahead of this machine's clock an event may be
}

// ErrIngestAway says that events cannot be written now.
var ErrIngestAway = errors.New("api: events cannot be written now")

// Ingest writes events.
type Ingest interface {
	// Send returns when all events are written for good, or fails with ErrIngestAway; some may be written then. It waits no
	// longer than a time limit of its own.
	Send(ctx context.Context, events []*schemas.Event) error
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

// StatusSource tells how the groups stand. It answers within the deadline of ctx or fails.
type StatusSource interface {
	Status(ctx context.Context) (Status, error)
}

// recovered reports whether what is answered of posts and their readers has been read up to its end.
func (d *Deps) recovered() bool { return d.Timeline.Recovered() && d.Posts.Recovered() }

// asOf returns the moment of an answer, as answers say it.
func (d *Deps) asOf() string { return trending.FormatTime(d.Known().UnixMilli()) }
