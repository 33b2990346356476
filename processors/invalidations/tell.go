package invalidations

import (
	"fmt"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// tell says that what was made of id is old, because of the row at hand, since at, Unix ms.
func tell(ctx goka.Context, scope schemas.InvalidationScope, id string, reason schemas.InvalidationReason, at int64) {
	message := &schemas.CacheInvalidation{
		Scope: scope, ID: id, Reason: reason,
		Table: string(ctx.Topic()), Partition: ctx.Partition(), Offset: ctx.Offset(), EventTime: at,
	}
	ctx.Emit(topology.CacheInvalidations, message.Key(), message)
}

// entity returns a row of the application's table, or nil and what became of a record that is none.
func entity(ctx goka.Context, msg any) (*schemas.EntityRow, schemas.Outcome) {
	if msg == nil || ctx.Key() == schemas.TruncatedRow {
		return nil, schemas.Skipped
	}
	row, ok := msg.(*schemas.EntityRow)
	if !ok {
		return nil, unexpected(ctx, msg)
	}
	return row, schemas.Applied
}

func unexpected(ctx goka.Context, msg any) schemas.Outcome {
	ctx.Fail(fmt.Errorf("invalidations: unexpected %T", msg))
	return schemas.Dead
}
