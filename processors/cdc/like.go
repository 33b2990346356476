package cdc

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// like tells reactions what the database says about a user and a post.
func like(ctx goka.Context, user, post string, c *schemas.Change) {
	kind, at := schemas.ReactionLike, c.Happened(c.Columns)
	if c.Op == schemas.ChangeDelete {
		kind = schemas.ReactionUnlike
	}
	ctx.Emit(topology.ReactionInputs, c.ID, &schemas.ReactionInput{
		UserID: user, PostID: post, Kind: kind, Source: schemas.SourceDatabase, EventTime: at, RootTime: c.RootTime,
		Position: c.Position, CommitMS: c.CommitMS, Snapshot: c.Snapshot,
	})
}
