package invalidations

import (
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Users reads the changelog of users.
type Users struct {
	gone *memory[bool] // whether a user was deleted at its latest row
}

// NewUsers returns a reader that has nothing in memory.
func NewUsers() *Users { return &Users{newMemory[bool](remembered)} }

// On handles one record: the user is old, and what it has written if that is not to be seen any more, or again. Of a user
// that is there now it may not be known whether it was before: then it counts as back.
func (u *Users) On(ctx goka.Context, msg any) schemas.Outcome {
	here := u.gone.at(ctx.Partition(), ctx.Offset())
	row, outcome := entity(ctx, msg)
	if row == nil {
		return outcome
	}
	id, reason, gone := ctx.Key(), schemas.InvalidChanged, schemas.UserRow{EntityRow: row}.Gone()
	if gone {
		reason = schemas.InvalidDeleted
	}
	was, known := here.recall(id)
	here.note(id, gone)
	tell(ctx, schemas.InvalidUser, id, reason, row.CommitMS)
	if gone || was || !known {
		tell(ctx, schemas.InvalidAuthor, id, reason, row.CommitMS)
	}
	return schemas.Applied
}
