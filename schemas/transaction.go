package schemas

import (
	"strconv"

	"github.com/nova-social/nova-streams/internal/domain/transaction"
)

// TransactionPart is what a record says about a transaction.
type TransactionPart uint8

// The parts. The order is that of the Avro enum and must only grow.
const (
	TransactionNone TransactionPart = iota
	TransactionBegin
	TransactionChange
	TransactionEnd
)

// TransactionInput is one record about a transaction of the application's database: its begin, its end, or a change of
// it that has passed, used or not.
type TransactionInput struct {
	TxID     int64              `avro:"tx_id"`
	CommitMS int64              `avro:"commit_ms"` // Unix ms, by the clock of the database
	Part     TransactionPart    `avro:"part"`
	LSN      int64              `avro:"lsn"`          // position in the log of the database
	Epoch    int32              `avro:"source_epoch"` // of a change: ordinal of its connector
	Table    string             `avro:"table"`        // of a change: schema.table
	Order    int64              `avro:"total_order"`  // of a change: its place in the transaction, from 1
	Events   int64              `avro:"events"`       // of an end: how many changes there are
	Tables   []TransactionTable `avro:"tables"`       // of an end: the same by table
	Origin   Origin             `avro:"origin"`
}

// TransactionTable is how many changes a transaction has of a table.
type TransactionTable struct {
	Name   string `avro:"name"` // schema.table
	Events int64  `avro:"events"`
}

// Key names the transaction. Its number alone does not: PostgreSQL uses numbers again.
func (i *TransactionInput) Key() string { return TransactionID(i.TxID, i.CommitMS) }

// TransactionID returns the name of a transaction, of its number and its commit, Unix ms.
func TransactionID(txID, commitMS int64) string {
	return strconv.FormatInt(txID, 10) + ":" + strconv.FormatInt(commitMS, 10)
}

// TransactionCompleted is a transaction of the application's database of which all changes have passed. Its key is
// TransactionID.
type TransactionCompleted struct {
	TxID        int64              `avro:"tx_id"`
	CommitMS    int64              `avro:"commit_ms"`    // Unix ms, by the clock of the database
	Epoch       int32              `avro:"source_epoch"` // ordinal of its connector; -1 where no change says it
	FirstLSN    int64              `avro:"first_lsn"`
	Events      int64              `avro:"events"`
	Tables      []TransactionTable `avro:"tables"`       // ascending by name
	CompletedMS int64              `avro:"completed_ms"` // Unix ms: append time of the last part that was missing
	Origin      Origin             `avro:"origin"`
}

var (
	_ Derived = (*TransactionInput)(nil)
	_ Derived = (*TransactionCompleted)(nil)
)

// GetOrigin returns the origin of the record.
func (i *TransactionInput) GetOrigin() Origin { return i.Origin }

// SetOrigin sets the origin of the record.
func (i *TransactionInput) SetOrigin(o Origin) { i.Origin = o }

// GetOrigin returns the origin of the record.
func (c *TransactionCompleted) GetOrigin() Origin { return c.Origin }

// SetOrigin sets the origin of the record.
func (c *TransactionCompleted) SetOrigin(o Origin) { c.Origin = o }

// TransactionRow is a row of `transactions-table`: what has passed of one transaction. A completed one stays for a while,
// so that what Connect sends again is recognised.
type TransactionRow struct {
	rowHead
	Begun   int64 `json:"begun"`   // Unix ms: append time of the first record applied
	Touched int64 `json:"touched"` // Unix ms: append time of the last record applied
	Epoch   int32 `json:"epoch"`   // of the changes; -1 before the first
	transaction.Transaction
	Completed bool `json:"completed"`
	Told      bool `json:"told"` // it was told that it takes too long
}

// Newest returns when the last record of the row was appended, Unix ms.
func (r *TransactionRow) Newest() int64 { return r.Touched }
