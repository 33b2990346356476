package transactions

import (
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// TellEvery is the time between two looks at the rows of a partition.
const TellEvery = 5 * time.Second

// tellRows is how many rows one look takes in, so that inputs do not wait long.
const tellRows = 1_000

// Tell is done to a partition between two inputs: it tells of transactions of which something has been missing for long,
// of each once. Nothing but what people see depends on it.
func (g *Group) Tell(tick schemas.Tick, now time.Time) {
	if g.TransactionTimeout == 0 {
		return
	}
	tick.Walk(tellRows, func(name string, r schemas.Row) {
		row, ok := r.(*schemas.TransactionRow)
		if !ok || row.Completed || row.Told || now.UnixMilli()-row.Begun < g.TransactionTimeout.Milliseconds() {
			return
		}
		row.Told = true
		tick.Set(name, row)
		g.Metrics.incomplete()
		g.Log.WarnContext(tick.Context(), "of a transaction of the database something is missing", "transaction", name, "since", time.UnixMilli(row.Begun), "ended", row.Ended, "missing", missing(row))
	})
}

// missing returns how many changes of which tables have not passed; nothing before the end has.
func missing(row *schemas.TransactionRow) map[string]int64 {
	by := map[string]int64{}
	for _, t := range row.Tables {
		if n := t.Events - t.Seen.Len(); n > 0 && awaited(t.Name) {
			by[t.Name] = n
		}
	}
	return by
}
