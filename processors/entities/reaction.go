package entities

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// reaction is what the row of a comment says: whose it is, and of which post. The zero value says nothing.
type reaction struct{ user, post string }

// reactionOf returns what row says, nil for no row.
func reactionOf(row *change.Row) reaction {
	if row == nil || row.Deleted {
		return reaction{}
	}
	user, _ := row.Columns.Get("user_id")
	post, _ := row.Columns.Get("post_id")
	var r reaction
	r.user, _ = schemas.ColumnText(user)
	r.post, _ = schemas.ColumnText(post)
	if r.user == "" || r.post == "" {
		return reaction{}
	}
	return r
}

// tell says what is no more, and what is now.
func tell(ctx goka.Context, c *schemas.Change, was, is reaction) {
	if was == is {
		return
	}
	say := func(kind schemas.ReactionKind, r reaction, at int64) {
		if r == (reaction{}) {
			return
		}
		ctx.Emit(topology.ReactionInputs, schemas.NaturalID(r.user, r.post), &schemas.ReactionInput{
			UserID: r.user, PostID: r.post, Kind: kind, Source: schemas.SourceDatabase,
			EventTime: at, RootTime: c.RootTime, CommentID: c.ID, Position: c.Position,
		})
	}
	say(schemas.ReactionUncomment, was, c.CommitMS)
	say(schemas.ReactionComment, is, c.Happened(c.Columns))
}
