package debezium

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// event makes sense of an envelope.
func (d *Decoder) event(value object, key Columns, t types) (*Event, error) {
	m := members{of: value.texts}
	e := &Event{Operation: Operation(m.text("op")), TsMS: m.integer("ts_ms"), Key: key}
	if m.err != nil {
		return nil, m.err
	}
	if !slices.Contains([]Operation{Create, Update, Delete, Read, Truncate, Message}, e.Operation) {
		return nil, refuse(EventProcessing, "op: %q is unknown", excerpt(string(e.Operation)))
	}
	if err := e.readSource(value); err != nil {
		return nil, err
	}
	if err := e.readTransaction(value); err != nil {
		return nil, err
	}
	if e.Operation == Message {
		return e, e.readMessage(value, t)
	}
	before, err := value.nested("before", false)
	if err != nil {
		return nil, err
	}
	after, err := value.nested("after", false)
	if err != nil {
		return nil, err
	}
	if err := e.agrees(before, after, d.full[tableName{e.Schema, e.Table}], t); err != nil {
		return nil, err
	}
	d.setRows(e, before, after)
	return e, nil
}

// setRows keeps of the rows what is true.
func (d *Decoder) setRows(e *Event, before, after Columns) {
	if !d.full[tableName{e.Schema, e.Table}] {
		before = only(before, e.Key)
	}
	d.unavailable.take(before)
	e.Unchanged = d.unavailable.take(after)
	e.Before, e.After = before, after
}

// agrees checks that operation, key and rows belong together. Of a table that is not full, the row before an update may
// be anything.
func (e *Event) agrees(before, after Columns, full bool, t types) error {
	keyed := len(e.Key) > 0
	switch e.Operation {
	case Create, Read:
		if after == nil || before != nil {
			return refuse(EventProcessing, "%s with a row before, or none after", e.Operation)
		}
	case Update:
		if after == nil {
			return refuse(EventProcessing, "an update without a row after")
		}
		if !full {
			before = nil
		}
	case Delete:
		if after != nil {
			return refuse(EventProcessing, "a delete with a row after")
		}
	default:
		if before != nil || after != nil || keyed {
			return refuse(EventProcessing, "a truncate with a row or a key")
		}
		return nil
	}
	if !keyed && !full && (e.Operation == Update || e.Operation == Delete) {
		return refuse(Connector, "no key, and %s.%s is not said to have REPLICA IDENTITY FULL", excerpt(e.Schema), excerpt(e.Table))
	}
	if err := e.keyIsOf(before, t); err != nil {
		return err
	}
	return e.keyIsOf(after, t)
}

// keyIsOf checks that a row, if there is one, has the key.
func (e *Event) keyIsOf(row Columns, t types) error {
	if row == nil {
		return nil
	}
	for name, text := range e.Key {
		if strings.HasPrefix(name, "__dbz__") { // added where several tables go to one topic
			continue
		}
		inRow, ok := row[name]
		switch {
		case !ok:
			return refuse(SchemaMismatch, "the row lacks %s, which the key has", excerpt(name))
		case inRow != text && !t.same(name, inRow, text):
			return refuse(EventProcessing, "the row has %s for %s, the key %s", excerpt(inRow), excerpt(name), excerpt(text))
		}
	}
	return nil
}

// readMessage takes what a program wrote to the log itself for the columns of a row.
func (e *Event) readMessage(value object, t types) error {
	message, err := value.nested("message", false)
	if err != nil {
		return err
	}
	m := members{of: message, place: "message."}
	m.text("prefix")
	content, _ := m.optionalText("content")
	if _, err := base64.StdEncoding.DecodeString(content); err != nil {
		m.fail(SchemaMismatch, "content", "%w", err)
	}
	e.After = message
	if m.err != nil {
		return m.err
	}
	return e.keyIsOf(message, t)
}

func (e *Event) readTransaction(value object) error {
	transaction, err := value.nested("transaction", true)
	if err != nil || transaction == nil {
		return err
	}
	m := members{of: transaction, place: "transaction."}
	t := &Transaction{TotalOrder: m.integer("total_order"), Order: m.integer("data_collection_order")}
	t.ID, _ = m.transaction("id", m.text("id"))
	if t.TotalOrder < 1 || t.Order < 1 {
		m.fail(EventProcessing, "total_order", "%d, and %d within the table", t.TotalOrder, t.Order)
	}
	e.Transaction = t
	return m.err
}

// sequence returns the LSNs of the last commit and of the change, 0 for none.
func (m *members) sequence(sequence string) (committed, changed uint64) {
	var texts []*string
	if err := json.Unmarshal([]byte(sequence), &texts); err != nil || len(texts) != 2 {
		m.fail(EventProcessing, "sequence", "%s is not two positions", excerpt(sequence))
		return 0, 0
	}
	var lsns [2]uint64
	for i, text := range texts {
		if text == nil {
			continue
		}
		var err error
		if lsns[i], err = strconv.ParseUint(*text, 10, 63); err != nil {
			m.fail(EventProcessing, "sequence", "%s is not two positions", excerpt(sequence))
		}
	}
	return lsns[0], lsns[1]
}
