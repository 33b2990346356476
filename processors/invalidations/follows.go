package invalidations

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Follows handles one record of the changelog of follows: whom the follower follows is old.
func Follows(ctx goka.Context, msg any) schemas.Outcome {
	row, outcome := entity(ctx, msg)
	if row == nil {
		return outcome
	}
	ids, ok := schemas.NaturalParts(ctx.Key(), 2)
	if !ok { // of nobody
		return schemas.Skipped
	}
	reason := schemas.InvalidUnfollowed
	if (schemas.FollowRow{EntityRow: row}).Active() {
		reason = schemas.InvalidFollowed
	}
	tell(ctx, schemas.InvalidFollow, ids[0], reason, row.CommitMS)
	return schemas.Applied
}
