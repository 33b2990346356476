package debezium

import "context"

// Peek returns what a record that Decode refuses says of its place all the same: Source, Transaction, Schema and Table of
// the change it was meant to be; nil if that cannot be read either, or the change is of no transaction.
func (d *Decoder) Peek(ctx context.Context, r Record) *Event {
	if r.Value == nil {
		return nil
	}
	value, _, err := d.read(ctx, r.Value, true)
	if err != nil {
		return nil
	}
	m := members{of: value.texts}
	e := &Event{Operation: Operation(m.text("op"))}
	if e.readSource(value) != nil || e.readTransaction(value) != nil || e.Transaction == nil {
		return nil
	}
	return e
}
