package debezium

import "cmp"

// snapshots are the values of source.snapshot for rows that a snapshot read.
var snapshots = map[string]bool{
	"true": true, "first": true, "first_in_data_collection": true, "last_in_data_collection": true, "last": true,
	"incremental": true,
}

// readSource reads where a change is from.
func (e *Event) readSource(value object) error {
	source, err := value.nested("source", false)
	switch {
	case err != nil:
		return err
	case source == nil:
		return refuse(SchemaMismatch, "source: null")
	}
	m := members{of: source, place: "source."}
	if connector := m.text("connector"); m.err == nil && connector != "postgresql" {
		return refuse(Connector, "source.connector: %q, not postgresql", excerpt(connector))
	}
	e.Schema, e.Table = m.text("schema"), m.text("table")
	e.Source = Source{Connector: m.text("name"), Snapshot: m.snapshot(), TsMS: m.integer("ts_ms")}
	txID, inTransaction := m.optionalInteger("txId")
	lsn, logged := m.optionalInteger("lsn")
	e.Source.TxID, e.Source.LSN = txID, uint64(lsn) //nolint:gosec // negative ones are refused below
	sequence, ordered := m.optionalText("sequence")
	if ordered {
		e.Source.Committed, e.Source.Position = m.sequence(sequence)
	}
	e.Source.Position = cmp.Or(e.Source.Position, e.Source.LSN)
	if m.err != nil {
		return m.err
	}

	streamed := e.Source.Snapshot == ""
	switch {
	case txID < 0 || lsn < 0:
		return refuse(EventProcessing, "source: negative txId or lsn")
	case e.Source.Position == 0:
		return refuse(EventProcessing, "source: no position in the log")
	case !ordered && streamed: // among commits it has no place
		return refuse(EventProcessing, "source.sequence: null")
	case !logged && e.Source.Snapshot != "incremental":
		return refuse(EventProcessing, "source.lsn: null")
	case !inTransaction && streamed && e.Operation != Message:
		return refuse(EventProcessing, "source.txId: null")
	case streamed == (e.Operation == Read):
		return refuse(EventProcessing, "source.snapshot: %q for op %s", e.Source.Snapshot, e.Operation)
	case e.Source.Connector == "" || e.Operation != Message && (e.Schema == "" || e.Table == ""):
		return refuse(EventProcessing, "source: without the name of the connector, schema or table")
	}
	return nil
}

// snapshot returns how a snapshot is under way, as text or, by older connectors, as a boolean; "" if there is none.
func (m *members) snapshot() string {
	raw, some := m.raw("snapshot")
	text, isText := unquote(raw)
	if !isText {
		text = raw
	}
	switch {
	case !some || text == "false":
		return ""
	case !snapshots[text] || !isText && text != "true":
		m.fail(SchemaMismatch, "snapshot", "%s is unknown", excerpt(raw))
	}
	return text
}
