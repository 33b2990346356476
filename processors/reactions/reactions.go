// Package reactions keeps one truth about what a user thinks of a post, from two sources.
//
//	reaction-inputs (user:post) → row of like and comments → engagements
//
// What statements count for is said in package reaction: of likes the database decides once it has spoken, comments of
// clients and of the database are paired. Each statement makes one engagement at most; what changes the row alone is
// absorbed, as what it says was counted when the other source said it.
//
// Client events have passed dedup, so one arrives once; a statement of the database is recognised by its position. A like
// of a lower position than the one before, though it was committed later, comes from a log that counts anew: the group
// stops, as those of package entities do; comments come from there.
// Replays repeat the same outputs with the same origins. A truncate tells it nothing: what was counted stays.
package reactions

import (
	"fmt"
	"time"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/processors/applied"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Group keeps what users think of posts.
type Group struct {
	Tolerance time.Duration    // how much later than the last word on a like one of a lower position may have been committed: clocks may be set
	Metrics   *applied.Metrics // of likes; nil for none
}

// On handles one record of reaction-inputs.
func (g *Group) On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.ReactionInput:
		return g.react(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.ReactionsDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("reactions: unexpected %T", msg))
		return schemas.Dead
	}
}

func (g *Group) react(ctx goka.Context, in *schemas.ReactionInput) schemas.Outcome {
	if wrong := wrongWith(in); wrong != "" {
		return deadletter.Refuse(ctx, topology.ReactionsDLQ, schemas.ReasonInvalidField, wrong, fmt.Appendf(nil, "%+v", *in))
	}
	row, _ := ctx.Value().(*schemas.ReactionRow)
	if row == nil {
		row = &schemas.ReactionRow{}
	}
	like := in.Source == schemas.SourceDatabase && isLike(in)
	if like && row.Like.Regressed(in.Position, in.CommitMS, g.Tolerance.Milliseconds()) {
		ctx.Fail(fmt.Errorf("reactions: likes %q: %w", ctx.Key(), entities.CountsAnew(in.Position, in.CommitMS, row.Like.Position, row.Like.CommitMS)))
		return schemas.Dead
	}
	action, effect := take(row, in)
	if like {
		g.told(in, effect.Verdict)
	}
	switch effect.Verdict {
	case reaction.Overruled:
		return schemas.Absorbed
	case reaction.Repeated:
		return schemas.Duplicate
	case reaction.Older:
		return schemas.Skipped
	case reaction.Agreed, reaction.Counted:
	}
	ctx.SetValue(row)
	if effect.Verdict == reaction.Agreed {
		return schemas.Absorbed
	}
	ctx.Emit(topology.Engagements, in.PostID, &schemas.Engagement{
		PostID: in.PostID, Action: action, Delta: effect.Delta, EventTime: effect.At, RootTime: in.RootTime,
	})
	return schemas.Applied
}

// told counts what became of the database's word on a like.
func (g *Group) told(in *schemas.ReactionInput, v reaction.Verdict) {
	op, result := schemas.ChangeUpsert, applied.Applied
	if in.Kind == schemas.ReactionUnlike {
		op = schemas.ChangeDelete
	}
	switch v {
	case reaction.Older:
		result = applied.Older
	case reaction.Repeated:
		result = applied.Repeated
	case reaction.Agreed, reaction.Counted, reaction.Overruled:
		if !in.Snapshot {
			g.Metrics.Late("likes", in.CommitMS)
		}
	}
	g.Metrics.Count("likes", op, result)
}

// wrongWith says why a statement cannot be taken, "" if it can.
func wrongWith(in *schemas.ReactionInput) string {
	comment := in.Kind == schemas.ReactionComment || in.Kind == schemas.ReactionUncomment
	switch {
	case in.Source != schemas.SourceClient && in.Source != schemas.SourceDatabase:
		return fmt.Sprintf("source %d is not taken", in.Source)
	case !comment && !isLike(in):
		return fmt.Sprintf("kind %d is not taken", in.Kind)
	case in.Source == schemas.SourceClient && (in.Kind == schemas.ReactionUnlike || in.Kind == schemas.ReactionUncomment):
		return fmt.Sprintf("kind %d is not taken from a client", in.Kind)
	case in.Source == schemas.SourceDatabase && comment && in.CommentID == "":
		return "a comment of the database has no id"
	}
	return ""
}

func isLike(in *schemas.ReactionInput) bool {
	return in.Kind == schemas.ReactionLike || in.Kind == schemas.ReactionUnlike
}

// take gives the statement to what the row knows.
func take(row *schemas.ReactionRow, in *schemas.ReactionInput) (engagement.Action, reaction.Effect) {
	fromClient := in.Source == schemas.SourceClient
	if isLike(in) {
		if fromClient {
			return engagement.Like, row.Like.Client(in.EventTime)
		}
		return engagement.Like, row.Like.Database(in.Kind == schemas.ReactionLike, in.Position, in.CommitMS, in.EventTime)
	}
	if fromClient {
		return engagement.Comment, row.Comments.Client(in.CommentID, in.EventTime)
	}
	return engagement.Comment, row.Comments.Database(in.CommentID, in.Kind == schemas.ReactionUncomment, in.Position, in.EventTime)
}
