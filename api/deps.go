package api

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

// Deps are what the handlers read.
type Deps struct {
	Config   Config
	Version  string // of the program, for the OpenAPI document
	Trending Trending
	Posts    Posts
	Status   StatusSource
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

// Status is how the flow stands.
type Status struct {
	Drained    bool                          `json:"drained" doc:"Every group has done all its input: no lag, nothing in flight"`
	Groups     []Group                       `json:"groups" nullable:"false" doc:"Groups in the order of the flow"`
	Accounting map[string]schemas.Accounting `json:"accounting" doc:"By group: what became of its inputs, up to the committed offsets. in = applied + duplicate + replay + absorbed + skipped + dead; late is a part of applied"`
}

// Group is how one consumer group stands.
type Group struct {
	Group      string      `json:"group" example:"dedup"`
	State      State       `json:"state" enum:"starting,recovering,running,waiting,stopped"`
	Lag        int64       `json:"lag" doc:"Records between the committed offsets and the ends of the input"`
	Recovered  bool        `json:"recovered" doc:"The group's tables have been read; true for a group without tables"`
	Partitions []Partition `json:"partitions" nullable:"false"`
}

// Partition is how far a group is with one partition of its input.
type Partition struct {
	Partition int32 `json:"partition"`
	Committed int64 `json:"committed" doc:"Offset of the next record to be done, -1 before the first commit"`
	End       int64 `json:"end" doc:"Offset behind the last record"`
	Lag       int64 `json:"lag"`
}

// State is what a group is doing.
type State string

// The states of a group.
const (
	Starting   State = "starting"   // not yet a member of its group
	Recovering State = "recovering" // reading its tables
	Running    State = "running"
	Waiting    State = "waiting" // failed, and about to be built again
	Stopped    State = "stopped"
)
