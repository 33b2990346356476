package debezium

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
)

// Boundary is where a transaction begins or ends, as cdc.transaction has it. It does not name its connector. Begin and
// end of one transaction often lie in different partitions: they are joined by ID.
type Boundary struct {
	End         bool
	ID          string       // as in Transaction: the part before the colon
	LSN         uint64       // of the log where it was seen; another one at the beginning and at the end
	TsMS        int64        // Unix ms of the commit
	Events      int64        // of an end: how many changes the transaction has; both halves of a change of a key count
	Collections []Collection // of an end: the same by table
}

// Collection is what a transaction changed in one table.
type Collection struct {
	Name   string `json:"data_collection"` // schema.table of the database, however topics are called; of messages it is no name
	Events int64  `json:"event_count"`
}

// boundary makes sense of a record of transaction metadata.
func boundary(value object) (*Boundary, error) {
	m := members{of: value.texts}
	status, id := m.text("status"), m.text("id")
	b := &Boundary{TsMS: m.integer("ts_ms"), End: status == "END"}
	if b.End {
		b.Events = m.integer("event_count")
		b.Collections = collections(&m)
	}
	b.ID, b.LSN = m.transaction("id", id)
	switch {
	case m.err != nil:
	case !b.End && status != "BEGIN":
		m.fail(EventProcessing, "status", "%q is unknown", excerpt(status))
	case b.sum() != b.Events:
		m.fail(EventProcessing, "event_count", "%d, but %d by table", b.Events, b.sum())
	}
	if m.err != nil {
		return nil, m.err
	}
	return b, nil
}

func collections(m *members) []Collection {
	var list []Collection
	if text, _ := m.raw("data_collections"); m.err == nil {
		if err := json.Unmarshal([]byte(text), &list, json.RejectUnknownMembers(true)); err != nil {
			m.fail(SchemaMismatch, "data_collections", "%w", err)
		}
	}
	for _, c := range list {
		if c.Name == "" || c.Events <= 0 {
			m.fail(SchemaMismatch, "data_collections", "one without a name or a count")
		}
	}
	return list
}

func (b *Boundary) sum() (n int64) {
	for _, c := range b.Collections {
		n += c.Events
	}
	return n
}

// transaction takes an id apart: PostgreSQL's number of the transaction, and where in the log it was met.
func (m *members) transaction(name, id string) (number string, lsn uint64) {
	number, at, _ := strings.Cut(id, ":")
	lsn, err := strconv.ParseUint(at, 10, 63)
	if _, notNumber := strconv.ParseUint(number, 10, 63); err != nil || notNumber != nil {
		m.fail(EventProcessing, name, "%q is not number:lsn", excerpt(id))
	}
	return number, lsn
}
