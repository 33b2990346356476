package clickhouse

import (
	"fmt"
	"slices"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Transactions maps topic transactions-completed to table cdc_transactions.
var Transactions = &Mapping{
	Sink:      topology.CompletedTransactions(),
	Codec:     func(c *schemas.Codecs) goka.Codec { return c.TransactionsCompleted },
	Judge:     judgeTransaction,
	Origin:    func(record any) schemas.Origin { return transactionOf(record).Origin },
	Part:      func(record any) string { return month(transactionOf(record).CommitMS) },
	Replacing: true,
	columns:   map[int32][]column{1: slices.Concat(transactionColumns, placeColumns[:3])},
	current:   1,
}

var transactionColumns = []column{
	field("tx_id", "Int64", func(t *schemas.TransactionCompleted) int64 { return t.TxID }),
	field("committed_at", "DateTime64(3, 'UTC')", func(t *schemas.TransactionCompleted) int64 { return t.CommitMS }),
	field("source_epoch", "Int32", func(t *schemas.TransactionCompleted) int32 { return t.Epoch }),
	field("first_lsn", "Int64", func(t *schemas.TransactionCompleted) int64 { return t.FirstLSN }),
	field("events", "Int64", func(t *schemas.TransactionCompleted) int64 { return t.Events }),
	field("tables", "Map(LowCardinality(String), Int64)", func(t *schemas.TransactionCompleted) map[string]int64 {
		tables := make(map[string]int64, len(t.Tables))
		for _, table := range t.Tables {
			tables[table.Name] = table.Events
		}
		return tables
	}),
	field("completed_at", "DateTime64(3, 'UTC')", func(t *schemas.TransactionCompleted) int64 { return t.CompletedMS }),
}

// transactionOf returns a record as the transaction it is: Judge lets no others through.
func transactionOf(record any) *schemas.TransactionCompleted {
	t, _ := record.(*schemas.TransactionCompleted)
	return t
}

func judgeTransaction(record any) (*schemas.Unreadable, error) {
	t, ok := record.(*schemas.TransactionCompleted)
	if !ok {
		return nil, fmt.Errorf("the codec gave %T, not a completed transaction", record)
	}
	if t.CommitMS < 0 || t.CommitMS >= endOfTime {
		return &schemas.Unreadable{Reason: schemas.ReasonInvalidField, Detail: fmt.Sprintf("commit_ms: %d ms is not from 1970 to 2106", t.CommitMS)}, nil
	}
	return nil, nil //nolint:nilnil // nothing speaks against it
}
