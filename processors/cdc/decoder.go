package cdc

import (
	"context"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
)

// Record is what lies in a topic of Debezium.
type Record struct {
	Topic     string
	Partition int32
	Offset    int64
	Key       []byte // empty for none
	Value     []byte // nil for a tombstone
	Headers   map[string][]byte
}

// Decoder reads a record: an event; nil if it holds nothing to keep; a *RefusedError if it cannot be read. Any other error
// says nothing about the record, but that it cannot be read now.
type Decoder func(ctx context.Context, r Record) (*debezium.Event, error)

// RefusedError says why a record cannot be read.
type RefusedError struct {
	Reason schemas.Reason
	Err    error
}

// Error says what is wrong.
func (r *RefusedError) Error() string { return r.Err.Error() }

// Unwrap returns what is wrong.
func (r *RefusedError) Unwrap() error { return r.Err }
