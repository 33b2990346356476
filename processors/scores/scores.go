// Package scores counts engagements per post: for its lifetime, and in time buckets for what is trending.
//
//	engagements (post) → row of counts → scores-table, which views read
//
// An engagement older than window plus lateness, by the append time of its root record, counts for the lifetime only.
// The row is cumulative; a replay is recognised by its origin and changes nothing. It does not rank and does not
// weigh: readers do, at their own time.
package scores

import (
	"fmt"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Config says how engagements are bucketed.
type Config struct{ Window engagement.Window }

// On handles one record of engagements.
func (c Config) On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.Engagement:
		return c.count(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.EngagementsDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("scores: unexpected %T", msg))
		return schemas.Dead
	}
}

func (c Config) count(ctx goka.Context, e *schemas.Engagement) schemas.Outcome {
	row, _ := ctx.Value().(*schemas.ScoreRow)
	if row == nil {
		row = &schemas.ScoreRow{}
	}
	row.Lifetime.Add(e.Action, int64(e.Delta))
	if e.Delta > 0 {
		row.LastEngagement = max(row.LastEngagement, e.EventTime)
	}
	outcome := schemas.Late
	if !c.Window.Late(e.EventTime, e.RootTime) {
		row.Buckets = c.Window.Add(row.Buckets, e.EventTime, e.RootTime, e.Action, int64(e.Delta))
		outcome = schemas.Applied
	}
	ctx.SetValue(row)
	return outcome
}
