// Package cdc makes changes of rows of what Debezium writes about them: one group for each table of the application.
//
//	cdc.<table> (primary key) → changes.<table> (natural id), transaction-inputs (transaction); of likes also reaction-inputs (user:post)
//
// It keeps nothing, so what comes of a record follows from the record alone: what Connect writes twice is said twice,
// with one position in the source's log, and whoever keeps rows tells by it. A change of a primary key is a delete of the
// old id and a create of the new one; which columns the new one takes over is said, not done. A truncate is said once to
// each partition. So is that a later source begins: what its first snapshot does not have is no more. Records without
// anything to keep (tombstones, heartbeats, messages) are skipped.
//
// What cannot be read goes to cdc-dlq. It has passed all the same: transaction-inputs has every change of a transaction
// whose place can be read. A connector that the configuration does not name stops the group, and nothing is
// lost: whether its positions go on from those before is for people to say.
package cdc

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// Decoder reads a record of Debezium. A *debezium.Error says why it cannot be read; any other error says nothing about
// the record, but that it cannot be read now.
type Decoder interface {
	Decode(ctx context.Context, r debezium.Record) (debezium.Result, error)
	// Peek returns the place of a record that Decode refuses, nil for none.
	Peek(ctx context.Context, r debezium.Record) *debezium.Event
}

// Group reads the topic of one table.
type Group struct {
	Config
	Entity  topology.Entity
	Decoder Decoder
	// Partitions are keys of which there is one for each partition of the changes' topic.
	Partitions []string
	Metrics    *Metrics     // nil for none
	Log        *slog.Logger // told of truncates; nil for nobody
}

// On handles one record of Debezium.
func (g *Group) On(ctx goka.Context, msg any) schemas.Outcome {
	raw, ok := msg.(schemas.Raw)
	if !ok {
		ctx.Fail(fmt.Errorf("cdc: unexpected %T", msg))
		return schemas.Dead
	}
	result, err := g.Decoder.Decode(ctx.Context(), record(ctx, raw))
	if err != nil {
		return g.refuse(ctx, g.Decoder.Peek(ctx.Context(), record(ctx, raw)), raw, err)
	}
	event := result.Event
	if event == nil {
		g.Metrics.Count(g.Entity.Table, cmp.Or(string(result.Skip), "boundary"))
		return schemas.Skipped
	}
	if event.Operation == debezium.Message {
		g.Metrics.Count(g.Entity.Table, "message")
		return schemas.Skipped
	}
	if event.Table != g.Entity.Source {
		return g.refuse(ctx, event, raw, &debezium.Error{Kind: debezium.Connector, Err: fmt.Errorf("it is about table %.100q", event.Table)})
	}
	epoch := slices.Index(g.Sources, event.Source.Connector)
	if epoch < 0 {
		ctx.Fail(fmt.Errorf("cdc: connector %q is not in cdc.sources (%q): add it at the end if its database counts positions anew, else give it the name of the one it replaces: %w",
			event.Source.Connector, g.Sources, schemas.ErrHalt))
		return schemas.Dead
	}
	g.Metrics.Count(g.Entity.Table, operations[event.Operation])
	c := g.change(ctx, event, int32(epoch))
	passed(ctx, event, int32(epoch))
	if event.Operation == debezium.Truncate {
		c.Op = schemas.ChangeTruncate
		g.empty(ctx, c)
		if g.Log != nil {
			g.Log.Warn("a table of the database was truncated", "table", g.Entity.Source, "lsn", c.Offset)
		}
		return schemas.Applied
	}
	if begins[event.Source.Snapshot] && epoch > 0 {
		g.empty(ctx, &schemas.Change{
			Table: c.Table, Op: schemas.ChangeTruncate, Position: change.Position{Epoch: c.Epoch, LSN: 1}, CommitMS: c.CommitMS,
			RootTime: c.RootTime, Snapshot: true,
		})
	}
	id, err := naturalID(g.Entity.Key, event.Key, event.After, event.Before)
	if err == nil && event.OldKey != nil {
		c.PreviousID, err = join(g.Entity.Key, event.OldKey)
	}
	if err != nil {
		return g.refuse(ctx, nil, raw, &debezium.Error{Kind: debezium.SchemaMismatch, Err: err})
	}
	c.ID = schemas.NaturalID(id...)
	ctx.Emit(g.Entity.Changes, c.ID, c)
	if g.Entity.Reader == topology.CdcLikes {
		like(ctx, id[0], id[1], c)
	}
	return schemas.Applied
}

// begins are the marks of the first row of a table that a snapshot reads.
var begins = map[string]bool{"first": true, "first_in_data_collection": true}

// empty tells every partition that rows of a lower position are no more.
func (g *Group) empty(ctx goka.Context, c *schemas.Change) {
	for _, key := range g.Partitions {
		ctx.Emit(g.Entity.Changes, key, c)
	}
}

// change returns what all changes say.
func (g *Group) change(ctx goka.Context, e *debezium.Event, epoch int32) *schemas.Change {
	c := &schemas.Change{
		Table: g.Entity.Table, Op: schemas.ChangeUpsert, CommitMS: e.Source.TsMS, RootTime: ctx.Timestamp().UnixMilli(),
		Position: change.At(epoch, int64(e.Source.Committed), int64(e.Source.Position)), //nolint:gosec // 63 bits were read
		Snapshot: e.Source.Snapshot != "", TxID: e.Source.TxID,
	}
	if e.Transaction != nil {
		c.TxOrder = e.Transaction.TotalOrder
	}
	switch e.Operation {
	case debezium.Delete:
		c.Op = schemas.ChangeDelete
	case debezium.Create, debezium.Update, debezium.Read:
		c.Columns, c.Unchanged = change.ColumnsOf(e.After), e.Unchanged
	case debezium.Truncate, debezium.Message:
	}
	return c
}

// refuse sends a record to the dead letters, or ends the stage if the error says nothing about the record. event is what
// can be read of one that was not told to have passed, nil for nothing.
func (g *Group) refuse(ctx goka.Context, event *debezium.Event, raw schemas.Raw, err error) schemas.Outcome {
	why, is := errors.AsType[*debezium.Error](err)
	if !is {
		ctx.Fail(fmt.Errorf("reading a record of Debezium: %w", err))
		return schemas.Dead
	}
	g.passedAnyway(ctx, event)
	return deadletter.Refuse(ctx, topology.CdcDLQ, schemas.Reason(why.Kind), schemas.Detail(why.Error()), raw)
}
