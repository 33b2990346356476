package entities

import (
	"time"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
)

// SweepEvery is the time between two sweeps of a partition.
const SweepEvery = 5 * time.Second

// sweepRows is how many rows one sweep looks at, so that inputs do not wait long.
const sweepRows = 1_000

// Sweep is done to a partition between two inputs: it removes what a table that forgets has had deleted for long, and marks those as
// deleted that a truncate has made worthless, a part of the table each time. Verbs take both for what they become.
func (g *Group) Sweep(tick schemas.Tick, _ time.Time) {
	emptied, _ := tick.Get(schemas.TruncatedRow).(*schemas.EntityRow)
	done := tick.Time()
	tick.Walk(sweepRows, func(name string, r schemas.Row) {
		row, ok := r.(*schemas.EntityRow)
		switch {
		case !ok || name == schemas.TruncatedRow:
		case emptied != nil && row.Position.Before(emptied.Position):
			row.Row = change.Row{Position: emptied.Position, Deleted: true, CommitMS: emptied.CommitMS}
			row.Touched = max(row.Touched, emptied.Touched)
			tick.Set(name, row)
		case !done.IsZero() && g.forgotten(row, done.UnixMilli()):
			tick.Delete(name)
		}
	})
}
