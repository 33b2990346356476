package schemas

import (
	"github.com/nova-social/nova-streams/internal/domain/change"
)

// ChangeOp is what happened to a row or table.
type ChangeOp uint8

// The operations. The order is that of the Avro enum and must only grow.
const (
	ChangeNone ChangeOp = iota
	ChangeUpsert
	ChangeDelete
	ChangeTruncate
)

// String returns the name of the operation.
func (o ChangeOp) String() string {
	return [...]string{"none", "upsert", "delete", "truncate"}[o]
}

// ChangedTables returns the tables of the application of which there are changes, by our names.
func ChangedTables() []string {
	return []string{"posts", "users", "comments", "likes", "follows", "revocations"}
}

// Change is one change of a row of the application's database, or of a whole table. Its key is its id; a truncate comes
// once for each partition, under a key made by TruncateKey.
type Change struct {
	Table           string         `avro:"table"`
	ID              string         `avro:"id"` // natural id of the row; empty for a truncate
	Op              ChangeOp       `avro:"op"`
	change.Position                // in the log of the source
	CommitMS        int64          `avro:"commit_ms"`   // Unix ms, by the clock of the database
	RootTime        int64          `avro:"root_time"`   // Unix ms: timestamp of the connector's record
	Snapshot        bool           `avro:"snapshot"`    // a snapshot found the row so
	PreviousID      string         `avro:"previous_id"` // of the row before its key changed, whose values the unchanged columns have; empty for none
	TxID            int64          `avro:"tx_id"`       // transaction in the database, 0 for none
	TxOrder         int64          `avro:"tx_order"`    // place in the transaction, from 1; 0 where it is not known
	Columns         change.Columns `avro:"columns"`     // what was written
	Unchanged       []string       `avro:"unchanged"`   // columns that have the value they had
	Origin          Origin         `avro:"origin"`
}

var _ Derived = (*Change)(nil)

// GetOrigin returns the origin of the record.
func (c *Change) GetOrigin() Origin { return c.Origin }

// SetOrigin sets the origin of the record.
func (c *Change) SetOrigin(o Origin) { c.Origin = o }

// Merging returns what the change is to its row.
func (c *Change) Merging() *change.Change {
	return &change.Change{
		Position: c.Position, Deleted: c.Op == ChangeDelete, CommitMS: c.CommitMS, Columns: c.Columns, Unchanged: c.Unchanged,
	}
}

// Happened returns when what a reaction's row says happened, Unix ms: the row's created_at, if it names a time before the
// change was committed. A snapshot finds rows long after that.
func (c *Change) Happened(columns change.Columns) int64 {
	value, _ := columns.Get("created_at")
	if at, ok := ColumnTime(value); ok && at < c.CommitMS {
		return at
	}
	return c.CommitMS
}
