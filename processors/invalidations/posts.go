package invalidations

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Posts handles one record of the changelog of posts: the post is old, and what its author has written.
func Posts(ctx goka.Context, msg any) schemas.Outcome {
	row, outcome := entity(ctx, msg)
	if row == nil {
		return outcome
	}
	reason := postReason(row)
	tell(ctx, schemas.InvalidPost, ctx.Key(), reason, row.CommitMS)
	if author := (schemas.PostRow{EntityRow: row}).Author(); author != "" { // a deleted row does not say whose it was
		tell(ctx, schemas.InvalidAuthor, author, reason, row.CommitMS)
	}
	return schemas.Applied
}

// postReason goes by what the row says of itself: a post that was not updated since it was created is new.
func postReason(row *schemas.EntityRow) schemas.InvalidationReason {
	updated := row.Text("updated_at")
	switch {
	case row.Deleted:
		return schemas.InvalidDeleted
	case updated == "" || updated == row.Text("created_at"):
		return schemas.InvalidCreated
	}
	return schemas.InvalidChanged
}
