package schemas_test

import (
	"testing"

	"github.com/nova-social/nova-streams/schemas"
)

func TestTransactions_agree_with_another_library(t *testing.T) {
	c, _ := newCodecs(t)
	tables := func(list []schemas.TransactionTable) []any {
		native := make([]any, len(list))
		for i, table := range list {
			native[i] = map[string]any{"name": table.Name, "events": table.Events}
		}
		return native
	}
	parts := []string{"none", "begin", "change", "end"}
	agrees(t, "transaction_input", c.TransactionInputs, 5, transactionInputs, func(i *schemas.TransactionInput) map[string]any {
		return map[string]any{
			"tx_id": i.TxID, "commit_ms": ms(i.CommitMS), "part": parts[i.Part], "lsn": i.LSN, "source_epoch": i.Epoch, "table": i.Table,
			"total_order": i.Order, "events": i.Events, "tables": tables(i.Tables), "origin": originNative(i.Origin),
		}
	})
	agrees(t, "transaction_completed", c.TransactionsCompleted, 5, transactionsCompleted, func(d *schemas.TransactionCompleted) map[string]any {
		return map[string]any{
			"tx_id": d.TxID, "commit_ms": ms(d.CommitMS), "source_epoch": d.Epoch, "first_lsn": d.FirstLSN, "events": d.Events,
			"tables": tables(d.Tables), "completed_ms": ms(d.CompletedMS), "origin": originNative(d.Origin),
		}
	})
	agrees(t, "transaction_row", c.TransactionRows, 1, transactionRows, func(r *schemas.TransactionRow) map[string]any {
		list := make([]any, len(r.Tables))
		for i, table := range r.Tables {
			seen := make([]any, len(table.Seen))
			for n, s := range table.Seen {
				seen[n] = map[string]any{"first": s.First, "last": s.Last}
			}
			list[i] = map[string]any{"name": table.Name, "events": table.Events, "seen": seen}
		}
		return map[string]any{
			"last_epoch": r.Last().Epoch, "last_offset": r.Last().Offset, "begun": r.Begun, "touched": r.Touched, "source_epoch": r.Epoch,
			"first_lsn": r.FirstLSN, "ended": r.Ended, "events": r.Events, "tables": list, "completed": r.Completed, "told": r.Told,
		}
	})
}
