// Package sessions says which session of its user each event belongs to, and on how many devices that session was.
//
//	activity (user) → row of the user's sessions → enriched-events
//
// The rule is package session's (docs/sessions.md has it in full): an event joins a session that it lies in or near, or
// opens one. Events come as late and out of order as they like; an event decides nothing about those before it, so what
// was said once stays. Sessions are forgotten when they are too old for an event that is Config.Rule.Keep late; all of a
// user's when nothing has come from them for that long.
//
// Its input has passed dedup, so an event arrives once; replays repeat the same outputs with the same origins. It does
// not rename, merge or end sessions, and sends nothing but what an event leads to.
package sessions

import (
	"fmt"
	"strings"
	"sync"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/session"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Config says what a session is.
type Config struct{ Rule session.Rule }

// On handles one record of activity.
func (c Config) On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.Activity:
		return c.visit(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.ActivityDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("sessions: unexpected %T", msg))
		return schemas.Dead
	}
}

func (c Config) visit(ctx goka.Context, a *schemas.Activity) schemas.Outcome {
	now := ctx.Timestamp().UnixMilli()
	row, _ := ctx.Value().(*schemas.SessionRow)
	if row == nil || row.Touched <= now-c.Rule.Keep.Milliseconds() { // it may have been removed
		row = &schemas.SessionRow{}
	}
	row.Touched, row.NewestRoot = max(row.Touched, now), max(row.NewestRoot, a.RootTime)
	// the device is a part of all that was read with it, and may be kept for long
	device, next := strings.Clone(a.Device), schemas.DeriveSessionID(a.UserID, a.EventID)
	sessions, visit := c.Rule.Join(c.Rule.Forget(row.Sessions, row.NewestRoot), a.EventTime, device, next)
	row.Sessions = sessions
	ctx.SetValue(row)
	enrich(ctx, a, &visit)
	return schemas.Applied
}

// enriched are records to fill again: one that was emitted is encoded already, and there is one for every event.
var enriched = sync.Pool{New: func() any { return new(schemas.EnrichedEvent) }}

func enrich(ctx goka.Context, a *schemas.Activity, v *session.Visit) {
	e, _ := enriched.Get().(*schemas.EnrichedEvent)
	e.Event, e.RootTime, e.RootPartition, e.RootOffset = a.Event, a.RootTime, a.Origin.Partition, a.Origin.Offset
	e.SessionID, e.DeviceCount, e.PreviousDevice = v.Session.String(), int32(v.Devices), v.Previous
	if v.Connects != nil {
		e.ConnectsSessionID = v.Connects.String()
	}
	ctx.Emit(topology.EnrichedEvents, ctx.Key(), e)
	*e = schemas.EnrichedEvent{}
	enriched.Put(e)
}
