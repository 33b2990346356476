package debezium

// Record is what lies in a topic of Debezium.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Key       []byte            // empty for none
	Value     []byte            // nil for a tombstone
	Headers   map[string][]byte // of a name that comes twice, the last
}

// Result is what a record says: exactly one of the fields is set.
type Result struct {
	Event    *Event
	Boundary *Boundary
	Skip     Skip
}

// Skip is a reason why a record has nothing to say, to be counted by.
type Skip string

// The reasons.
const (
	Tombstone Skip = "tombstone" // follows a delete, for compaction
	Heartbeat Skip = "heartbeat" // of a connector without changes
	Signal    Skip = "signal"    // a row of a table that tells the connector what to do
)
