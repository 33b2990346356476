package schemas

import "slices"

// byHand reads and writes one kind of record in its current schema without looking at the schema: records pass by
// millions, and a schema-driven codec spends its time on finding out each time anew what the schema said. It must write
// the same bytes; where it is in doubt, it leaves the record to the schema-driven codec, which also finds the words for
// every fault.
type byHand[T any] struct {
	shape  string                         // of the schema it was written for: SHA-256 of the canonical form, hex
	room   func(T) int                    // about how many bytes a body takes
	append func([]byte, T) ([]byte, bool) // writes a body; false: outside the schema
	read   func([]byte) (T, bool)         // reads a body; false: not understood

	readInto func(T, []byte) bool // as read, into a record nobody needs any more; nil: only read
}

// encode appends head and the body of record to data. False: it has to be encoded otherwise.
func (h *byHand[T]) encode(data, head []byte, record T) ([]byte, bool) {
	if h == nil {
		return nil, false
	}
	data = slices.Grow(data, len(head)+h.room(record))
	return h.append(append(data, head...), record)
}

// decode reads a body. False: it has to be decoded otherwise.
func (h *byHand[T]) decode(body []byte) (record T, ok bool) {
	if h == nil {
		return record, false
	}
	return h.read(body)
}

// decodeInto reads a body into record. False: it has to be decoded otherwise, and record holds anything.
func (h *byHand[T]) decodeInto(record T, body []byte) bool {
	return h != nil && h.readInto != nil && h.readInto(record, body)
}
