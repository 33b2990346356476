// Package dedup drops repeated events and forwards each event once.
//
//	events (user:post) → row of ids seen → activity, engagements, reaction-inputs
//
// An event is a repeat when its id was seen for the same user and post within Config.Keep before, both measured by the
// broker's append time. A record under another key than its own goes back into events under its own. What cannot be
// read, or lies too far in the future, goes to events-dlq. Replays after a crash repeat the same outputs with the same
// origins; a record sent round twice is dropped by its id.
package dedup

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Config are the limits of the group.
type Config struct {
	Keep  time.Duration // how long an id is remembered
	Ahead time.Duration // how far ahead of its append time an event may claim to be
}

// DefaultConfig remembers ids for a day and allows clocks to be five minutes fast.
func DefaultConfig() Config { return Config{Keep: 24 * time.Hour, Ahead: 5 * time.Minute} }

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	if c.Keep <= 0 {
		return fmt.Errorf("dedup: keep must be positive, is %v", c.Keep)
	}
	if c.Ahead < 0 {
		return fmt.Errorf("dedup: ahead must not be negative, is %v", c.Ahead)
	}
	return nil
}

// On handles one record of events.
func (c Config) On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.Event:
		return c.event(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.EventsDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("dedup: unexpected %T", msg))
		return schemas.Dead
	}
}

func (c Config) event(ctx goka.Context, e *schemas.Event) schemas.Outcome {
	root := ctx.Timestamp().UnixMilli()
	if ahead := e.EventTime - root; ahead > c.Ahead.Milliseconds() {
		return deadletter.Refuse(ctx, topology.EventsDLQ, schemas.ReasonFuture,
			fmt.Sprintf("event_time is %d ms ahead of the append time; at most %d are taken", ahead, c.Ahead.Milliseconds()), e.Raw)
	}
	if !e.HasKey(ctx.Key()) {
		ctx.Emit(topology.Events, e.Key(), e)
		return schemas.Skipped
	}
	row, _ := ctx.Value().(*schemas.DedupRow)
	if row == nil {
		row = &schemas.DedupRow{}
	}
	id, horizon := schemas.HashEventID(e.EventID), root-c.Keep.Milliseconds()
	if slices.ContainsFunc(row.Seen, func(s schemas.SeenEvent) bool { return s.ID == id && s.At > horizon }) {
		return schemas.Duplicate
	}
	row.Seen = slices.DeleteFunc(row.Seen, func(s schemas.SeenEvent) bool { return s.At <= horizon })
	row.Seen = append(row.Seen, schemas.SeenEvent{ID: id, At: root})
	ctx.SetValue(row)
	forward(ctx, e, root)
	return schemas.Applied
}

// forwarded are records to fill again: one that was emitted is encoded already, and there is one for every event.
var forwarded = sync.Pool{New: func() any { return new(schemas.Activity) }}

func forward(ctx goka.Context, e *schemas.Event, root int64) {
	a, _ := forwarded.Get().(*schemas.Activity)
	a.Event, a.RootTime = *e, root
	ctx.Emit(topology.Activity, e.UserID, a)
	*a = schemas.Activity{}
	forwarded.Put(a)
	switch e.Action {
	case engagement.Like:
		react(ctx, e, root, schemas.ReactionLike)
	case engagement.Comment:
		react(ctx, e, root, schemas.ReactionComment)
	default:
		ctx.Emit(topology.Engagements, e.PostID, &schemas.Engagement{
			PostID: e.PostID, Action: e.Action, Delta: 1, EventTime: e.EventTime, RootTime: root,
		})
	}
}

func react(ctx goka.Context, e *schemas.Event, root int64, kind schemas.ReactionKind) {
	ctx.Emit(topology.ReactionInputs, ctx.Key(), &schemas.ReactionInput{
		UserID: e.UserID, PostID: e.PostID, Kind: kind, Source: schemas.SourceClient,
		EventTime: e.EventTime, RootTime: root, CommentID: e.CommentID,
	})
}
