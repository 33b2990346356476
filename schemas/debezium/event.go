package debezium

// Operation is what happened to a row.
type Operation string

// The operations, by Debezium's letters.
const (
	Create   Operation = "c"
	Update   Operation = "u"
	Delete   Operation = "d"
	Read     Operation = "r" // the row as a snapshot found it
	Truncate Operation = "t" // of a whole table; no key
	Message  Operation = "m" // pg_logical_emit_message
)

// Columns are values by column name, each as the text of one JSON value in the form that is the same for all formats of
// the wire:
//
//	boolean, integers, floats    true, 7, 1.5; "NaN", "Infinity", "-Infinity"
//	numeric                      "12.340", a string with its scale
//	text, uuid, enum, json       a string
//	timestamptz                  "2026-01-02T09:30:00.123456Z", also "infinity", "-0043-03-15T…Z", "+20000-01-01T…Z"
//	timestamp, date, time        "2026-01-02T09:30:00.123456", "2026-01-02", "09:30:00.123456", also as above
//	bytea, bit                   a string in base64; bits little endian
//	arrays                       an array of these
//	hstore, geometry, …          an object of these
//
// JSON without schema does not tell a date from a number: there a value stays as it was written.
type Columns map[string]string

// Event is one change.
type Event struct {
	ID          string       // names the change: the same when Connect writes it again
	Schema      string       // of the database
	Table       string       // without its schema
	Operation   Operation    //
	Key         Columns      // of the primary key; nil without one
	Before      Columns      // nil if the database did not say; only the key for tables that Options.Full does not name
	After       Columns      // nil for a delete and a truncate; of a message prefix and content, the latter in base64
	Unchanged   []string     // columns of After whose values stay as they are: TOAST, not written by the update. They are not in After
	TsMS        int64        // Unix ms at which the connector saw it
	Source      Source       //
	Transaction *Transaction // nil if the connector does not say
	NewKey      Columns      // of a delete that is one half of a change of the primary key
	OldKey      Columns      // of the create that is its other half
}

// Source is where in the database's log a change lies.
type Source struct {
	Connector string // logical name of the connector
	Snapshot  string // "" for a change that was read from the log; else first, true, last, incremental, …
	TsMS      int64  // Unix ms of the commit
	TxID      int64  // 0 for none
	LSN       uint64 // 0 for none, as in incremental snapshots
	Position  uint64 // LSN in the second place of source.sequence, which every kind of record has; LSN if there is none
	Committed uint64 // LSN in its first place, where the last transaction before the change ended; 0 for none
}

// Transaction places a change within its transaction.
type Transaction struct {
	ID         string // of the transaction: the part before the colon
	TotalOrder int64  // from 1, within the transaction
	Order      int64  // from 1, within the transaction and table
}
