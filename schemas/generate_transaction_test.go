package schemas_test

import (
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/transaction"
	"github.com/nova-social/nova-streams/schemas"
)

var (
	transactionTables = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) schemas.TransactionTable {
		return schemas.TransactionTable{Name: rapid.String().Draw(t, "name"), Events: rapid.Int64().Draw(t, "events")}
	}), 0, 3)
	transactionInputs = rapid.Custom(func(t *rapid.T) *schemas.TransactionInput {
		return &schemas.TransactionInput{
			TxID: rapid.Int64().Draw(t, "tx_id"), CommitMS: times.Draw(t, "commit_ms"),
			Part: schemas.TransactionPart(rapid.IntRange(0, int(schemas.TransactionEnd)).Draw(t, "part")), LSN: rapid.Int64().Draw(t, "lsn"),
			Epoch: rapid.Int32().Draw(t, "source_epoch"), Table: rapid.String().Draw(t, "table"), Order: rapid.Int64().Draw(t, "total_order"),
			Events: rapid.Int64().Draw(t, "events"), Tables: transactionTables.Draw(t, "tables"), Origin: origins.Draw(t, "origin"),
		}
	})
	transactionsCompleted = rapid.Custom(func(t *rapid.T) *schemas.TransactionCompleted {
		return &schemas.TransactionCompleted{
			TxID: rapid.Int64().Draw(t, "tx_id"), CommitMS: times.Draw(t, "commit_ms"), Epoch: rapid.Int32().Draw(t, "source_epoch"),
			FirstLSN: rapid.Int64().Draw(t, "first_lsn"), Events: rapid.Int64().Draw(t, "events"), Tables: transactionTables.Draw(t, "tables"),
			CompletedMS: times.Draw(t, "completed_ms"), Origin: origins.Draw(t, "origin"),
		}
	})
	transactionRows = rapid.Custom(func(t *rapid.T) *schemas.TransactionRow {
		row := &schemas.TransactionRow{
			Begun: rapid.Int64().Draw(t, "begun"), Touched: rapid.Int64().Draw(t, "touched"), Epoch: rapid.Int32().Draw(t, "source_epoch"),
			Transaction: transaction.Transaction{FirstLSN: rapid.Int64().Draw(t, "first_lsn"), Ended: rapid.Bool().Draw(t, "ended"), Events: rapid.Int64().Draw(t, "events")},
			Completed:   rapid.Bool().Draw(t, "completed"), Told: rapid.Bool().Draw(t, "told"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "tables") {
			table := transaction.Table{Name: rapid.String().Draw(t, "name"), Events: rapid.Int64().Draw(t, "events")}
			for range rapid.IntRange(0, 3).Draw(t, "ranges") {
				table.Seen = append(table.Seen, transaction.Range{First: rapid.Int64().Draw(t, "first"), Last: rapid.Int64().Draw(t, "last")})
			}
			row.Tables = append(row.Tables, table)
		}
		row.SetLast(positions.Draw(t, "last"))
		return row
	})
)
