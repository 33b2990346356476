// Package transactions says when all changes of a transaction of the application's database have passed.
//
//	cdc.transaction → transaction-inputs (transaction)
//	transaction-inputs → row of the tables touched and the places seen → transactions-completed (transaction)
//
// A transaction is named by its number and the moment of its commit, which all its records have and no other
// transaction: numbers come again, Debezium's ids differ from record to record, and where it begins and ends does not
// say of which connector. It is complete when its end has passed, which says how many changes of which table there are,
// and so many different places in it, by table. Changes that were refused or repeated have passed, too (package cdc); of
// tables that no group reads nothing is awaited.
//
// transactions-completed has each at least once, always under its own key, never before all has passed: once as long as
// its row is known (Config.TransactionKeep), again if Connect sends all of it again after that. Replays repeat the same
// output with the same origin. One of which something is missing for long is told to people, once; it completes when the
// rest comes.
package transactions

import (
	"fmt"
	"log/slog"
	"strings"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Group keeps what has passed.
type Group struct {
	Config
	Metrics *Metrics // nil for none
	Log     *slog.Logger
}

// On handles one record of transaction-inputs.
func (g *Group) On(ctx goka.Context, msg any) schemas.Outcome {
	switch m := msg.(type) {
	case *schemas.TransactionInput:
		return g.part(ctx, m)
	case *schemas.Unreadable:
		return deadletter.Unreadable(ctx, topology.TransactionsDLQ, m)
	default:
		ctx.Fail(fmt.Errorf("transactions: unexpected %T", msg))
		return schemas.Dead
	}
}

func (g *Group) part(ctx goka.Context, in *schemas.TransactionInput) schemas.Outcome {
	now := ctx.Timestamp().UnixMilli()
	row, _ := ctx.Value().(*schemas.TransactionRow)
	if row == nil || row.Touched <= now-g.TransactionKeep.Milliseconds() { // it may have been removed
		row = &schemas.TransactionRow{Begun: now, Epoch: -1}
	}
	if row.Completed {
		return schemas.Duplicate
	}
	fresh := row.FirstLSN == 0
	row.At(in.LSN)
	switch in.Part {
	case schemas.TransactionChange:
		fresh = row.Change(in.Table, in.Order) || fresh
		row.Epoch = max(row.Epoch, in.Epoch)
	case schemas.TransactionEnd:
		tables := map[string]int64{}
		for _, t := range in.Tables {
			tables[t.Name] = t.Events
		}
		fresh = row.End(in.Events, tables) || fresh
	case schemas.TransactionNone, schemas.TransactionBegin:
	}
	row.Touched = max(row.Touched, now)
	if row.Complete(awaited) {
		g.complete(ctx, in, row, now)
	}
	ctx.SetValue(row)
	if !fresh {
		return schemas.Duplicate
	}
	return schemas.Applied
}

// complete tells that all has passed.
func (g *Group) complete(ctx goka.Context, in *schemas.TransactionInput, row *schemas.TransactionRow, now int64) {
	done := &schemas.TransactionCompleted{
		TxID: in.TxID, CommitMS: in.CommitMS, Epoch: row.Epoch, FirstLSN: row.FirstLSN, Events: row.Events, CompletedMS: now,
	}
	for _, t := range row.Tables {
		done.Tables = append(done.Tables, schemas.TransactionTable{Name: t.Name, Events: t.Events})
	}
	row.Completed = true
	row.Forget()
	ctx.Emit(topology.TransactionsCompleted, ctx.Key(), done)
	g.Metrics.completed(row.Told)
}

// awaited reports whether a group reads the changes of a table, schema.table.
func awaited(table string) bool {
	_, name, _ := strings.Cut(table, ".")
	for _, e := range sources {
		if e.Source == name {
			return true
		}
	}
	return false
}

var sources = topology.Entities()
