// Package reactions keeps one truth about what a user thinks of a post.
//
//	reaction-inputs (user:post) → row of like state and comments → engagements
//
// A user likes a post once, however often a client says so; every comment counts. Only statements of clients are
// taken. Its input has passed dedup, so an event arrives once; replays repeat the same outputs with the same origins.
package reactions

import (
	"fmt"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// On handles one record of reaction-inputs.
func On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.ReactionInput:
		return react(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.ReactionsDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("reactions: unexpected %T", msg))
		return schemas.Dead
	}
}

func react(ctx goka.Context, in *schemas.ReactionInput) schemas.Outcome {
	row, _ := ctx.Value().(*schemas.ReactionRow)
	if row == nil {
		row = &schemas.ReactionRow{}
	}
	if in.Source != schemas.SourceClient {
		return refuse(ctx, in, fmt.Sprintf("source %d is not taken", in.Source))
	}
	action := engagement.Like
	switch in.Kind {
	case schemas.ReactionLike:
		if row.Liked {
			return schemas.Duplicate
		}
		row.Liked, row.LikedAt, row.DecidedBy = true, in.EventTime, in.Source
	case schemas.ReactionComment:
		row.Comments++
		action = engagement.Comment
	default:
		return refuse(ctx, in, fmt.Sprintf("kind %d is not taken from a client", in.Kind))
	}
	ctx.SetValue(row)
	ctx.Emit(topology.Engagements, in.PostID, &schemas.Engagement{
		PostID: in.PostID, Action: action, Delta: 1, EventTime: in.EventTime, RootTime: in.RootTime,
	})
	return schemas.Applied
}

func refuse(ctx goka.Context, in *schemas.ReactionInput, detail string) schemas.Outcome {
	return deadletter.Refuse(ctx, topology.ReactionsDLQ, schemas.ReasonInvalidField, detail, fmt.Appendf(nil, "%+v", *in))
}
