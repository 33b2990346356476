// Package entities keeps the rows of the application's tables as they are in its database: one group for each table.
//
//	changes.<table> (natural id) → <table>-table; of comments also reaction-inputs (user:post)
//
// The change with the highest position says what a row is (package change), whatever the order in which changes come and
// how often. A deleted row stays, as no more than its position: in a table that forgets for Config.KeepDeleted, so that a late
// change meets it, else for good, since what names a post or user that is gone may outlive it. A truncate makes rows with a
// lower position worthless at once, and ticks mark them as deleted after it.
//
// A position that is lower than the row's, though it was committed later, comes from a log that counts anew: the group
// stops, and nothing is lost, until cdc.sources says which connector is the newer one.
//
// A comment is told to reactions when its row begins to say whose it is and of what, and once more when that ends or
// changes; a deleted row that nobody knew says nothing. A truncate of comments tells nothing, nor what follows of it.
// Replays repeat the same outputs with the same origins, except around a truncate: there, what was said may not be
// said again.
package entities

import (
	"fmt"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/processors/applied"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Group keeps one table.
type Group struct {
	Config
	Forgets bool             // whether a deleted row is worth nothing after KeepDeleted
	Metrics *applied.Metrics // nil for none
}

// On handles one record of changes.
func (g *Group) On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.Change:
		if m.Op == schemas.ChangeTruncate {
			return g.truncate(ctx, m)
		}
		return g.change(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.ChangesDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("entities: unexpected %T", msg))
		return schemas.Dead
	}
}

func (g *Group) change(ctx goka.Context, c *schemas.Change) schemas.Outcome {
	row, _ := ctx.Value().(*schemas.EntityRow)
	emptied, _ := ctx.Lookup(goka.GroupTable(ctx.Group()), schemas.TruncatedRow).(*schemas.EntityRow)
	m := c.Merging()
	if g.regressed(ctx, row, c, m) || g.regressed(ctx, emptied, c, m) {
		return schemas.Dead
	}
	now := ctx.Timestamp().UnixMilli()
	var was *change.Row
	if row != nil && !g.forgotten(row, now) {
		was = &row.Row
	}
	if emptied != nil {
		if c.Before(emptied.Position) {
			return g.told(c, applied.Truncated, schemas.Skipped)
		}
		was, _ = change.Truncate(was, emptied.Position)
	}
	said := reactionOf(was)
	next, verdict := change.Merge(was, m)
	switch verdict {
	case change.Older:
		return g.told(c, applied.Older, schemas.Skipped)
	case change.Repeated:
		return g.told(c, applied.Repeated, schemas.Duplicate)
	case change.Newest, change.Filled:
	}
	keep(ctx, row, next, now)
	if ctx.Group() == topology.Comments {
		tell(ctx, c, said, reactionOf(next))
	}
	if !c.Snapshot {
		g.Metrics.Late(c.Table, c.CommitMS)
	}
	return g.told(c, applied.Applied, schemas.Applied)
}

// truncate keeps since when the table is empty. It comes once to each partition, so the reader of the table counts it.
func (g *Group) truncate(ctx goka.Context, c *schemas.Change) schemas.Outcome {
	row, _ := ctx.Value().(*schemas.EntityRow)
	if g.regressed(ctx, row, c, c.Merging()) {
		return schemas.Dead
	}
	if row != nil && !row.Position.Before(c.Position) {
		return schemas.Duplicate
	}
	keep(ctx, row, &change.Row{Position: c.Position, CommitMS: c.CommitMS}, ctx.Timestamp().UnixMilli())
	return schemas.Applied
}

// told counts what became of a change of a row.
func (g *Group) told(c *schemas.Change, result applied.Result, o schemas.Outcome) schemas.Outcome {
	g.Metrics.Count(c.Table, c.Op, result)
	return o
}

// keep makes next the row of the input's key, in place of row, nil for none.
func keep(ctx goka.Context, row *schemas.EntityRow, next *change.Row, now int64) {
	if row == nil {
		row = &schemas.EntityRow{}
	}
	row.Row, row.Touched = *next, max(row.Touched, now)
	ctx.SetValue(row)
}

// forgotten reports whether a row is worth nothing any more at now, Unix ms: a tick may have removed it.
func (g *Group) forgotten(row *schemas.EntityRow, now int64) bool {
	return g.Forgets && row.Deleted && row.Touched <= now-g.KeepDeleted.Milliseconds()
}

// regressed stops the group if c is of a log that counts anew, as row shows; nil for no row.
func (g *Group) regressed(ctx goka.Context, row *schemas.EntityRow, c *schemas.Change, m *change.Change) bool {
	if row == nil || !change.Regressed(&row.Row, m, g.Tolerance.Milliseconds()) {
		return false
	}
	ctx.Fail(fmt.Errorf("entities: %s %q: %w", c.Table, c.ID, CountsAnew(c.Position, c.CommitMS, row.Position, row.CommitMS)))
	return true
}

// CountsAnew is the error about a change that cannot be of the same log as the one before it.
func CountsAnew(at change.Position, commitMS int64, last change.Position, lastCommitMS int64) error {
	return fmt.Errorf("a change at LSN %d was committed %d ms after one at LSN %d of the same connector: the database counts anew (restored, or another cluster); register the connector under a new name and add that to cdc.sources: %w",
		at.LSN, commitMS-lastCommitMS, last.LSN, schemas.ErrHalt)
}
