package schemas

import "github.com/nova-social/nova-streams/internal/domain/transaction"

// transactionWire is the struct of transaction rows.
type (
	transactionWire struct {
		LastEpoch  int32                  `avro:"last_epoch"`
		LastOffset int64                  `avro:"last_offset"`
		Begun      int64                  `avro:"begun"`
		Touched    int64                  `avro:"touched"`
		Epoch      int32                  `avro:"source_epoch"`
		FirstLSN   int64                  `avro:"first_lsn"`
		Ended      bool                   `avro:"ended"`
		Events     int64                  `avro:"events"`
		Tables     []transactionTableWire `avro:"tables"`
		Completed  bool                   `avro:"completed"`
		Told       bool                   `avro:"told"`
	}
	transactionTableWire struct { // transaction.Table
		Name   string             `avro:"name"`
		Events int64              `avro:"events"`
		Seen   transaction.Ranges `avro:"seen"`
	}
)

func transactionToWire(r *TransactionRow) *transactionWire {
	w := &transactionWire{
		LastEpoch: r.last.Epoch, LastOffset: r.last.Offset, Begun: r.Begun, Touched: r.Touched, Epoch: r.Epoch,
		FirstLSN: r.FirstLSN, Ended: r.Ended, Events: r.Events, Completed: r.Completed, Told: r.Told,
	}
	for _, t := range r.Tables {
		w.Tables = append(w.Tables, transactionTableWire(t))
	}
	return w
}

func transactionFromWire(w *transactionWire) (*TransactionRow, error) {
	r := &TransactionRow{
		rowHead: head(w.LastEpoch, w.LastOffset), Begun: w.Begun, Touched: w.Touched, Epoch: w.Epoch,
		Transaction: transaction.Transaction{FirstLSN: w.FirstLSN, Ended: w.Ended, Events: w.Events}, Completed: w.Completed, Told: w.Told,
	}
	for _, t := range w.Tables {
		if len(t.Seen) == 0 { // none is nil
			t.Seen = nil
		}
		r.Tables = append(r.Tables, transaction.Table(t))
	}
	return r, nil
}
