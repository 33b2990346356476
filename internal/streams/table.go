package streams

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// entry is one row of a table. A recovered row stays encoded until a verb asks for it.
type entry struct {
	key   string
	raw   []byte      // nil once decoded
	row   schemas.Row // nil until decoded or set
	last  schemas.Position
	dirty bool
}

// table is the group table of one partition, in memory. It is as old as its session: what a session leaves behind is in
// the changelog, from which the next one recovers. It does no I/O and takes no lock.
type table struct {
	topic string
	part  int32
	codec schemas.RowCodec
	rows  map[string]*entry
	dirty []*entry
}

func newTable(topic string, part int32, codec schemas.RowCodec) *table {
	return &table{topic: topic, part: part, codec: codec, rows: map[string]*entry{}}
}

// recover takes one changelog record. Of two records of a key the one that has seen more input wins, whatever their
// order in the log: an owner that lost its partition may write late.
func (t *table) recover(key string, raw []byte) error {
	last, err := t.codec.Last(raw)
	if err != nil {
		return fmt.Errorf("recovering row %q of %s/%d: %w", key, t.topic, t.part, err)
	}
	e := t.rows[key]
	if e == nil {
		e = &entry{key: key}
		t.rows[key] = e
	} else if e.last.Covers(last) && e.last != last {
		return nil
	}
	e.raw, e.row, e.last = raw, nil, last
	return nil
}

// remove forgets a row whose changelog record is a tombstone.
func (t *table) remove(key string) { delete(t.rows, key) }

// get returns the decoded row of key, or nil where there is none.
func (t *table) get(key string) (*entry, error) {
	e := t.rows[key]
	if e == nil || e.raw == nil {
		return e, nil
	}
	v, err := t.codec.Decode(e.raw)
	if err != nil {
		return nil, fmt.Errorf("decoding row %q of %s/%d: %w", key, t.topic, t.part, err)
	}
	row, ok := v.(schemas.Row)
	if !ok {
		return nil, fmt.Errorf("decoding row %q of %s/%d: got %T", key, t.topic, t.part, v)
	}
	e.row, e.raw = row, nil
	return e, nil
}

// set makes row the row of key as of pos and marks it for the next flush.
func (t *table) set(key string, row schemas.Row, pos schemas.Position) {
	e := t.rows[key]
	if e == nil {
		e = &entry{key: key}
		t.rows[key] = e
	}
	row.SetLast(pos)
	e.row, e.raw, e.last = row, nil, pos
	if !e.dirty {
		e.dirty = true
		t.dirty = append(t.dirty, e)
	}
}

// flush encodes every dirty row once and returns the changelog records.
func (t *table) flush() ([]*kgo.Record, error) {
	if len(t.dirty) == 0 {
		return nil, nil
	}
	recs := make([]*kgo.Record, 0, len(t.dirty))
	for _, e := range t.dirty {
		v, err := t.codec.Encode(e.row)
		if err != nil {
			return nil, fmt.Errorf("encoding row %q of %s/%d: %w", e.key, t.topic, t.part, err)
		}
		recs = append(recs, &kgo.Record{Topic: t.topic, Key: []byte(e.key), Value: v})
		e.dirty = false
	}
	t.dirty = t.dirty[:0]
	return recs, nil
}

// encoded returns the row of key as it would be written, nil where there is none.
func (t *table) encoded(key string) ([]byte, error) {
	e := t.rows[key]
	switch {
	case e == nil:
		return nil, nil
	case e.raw != nil:
		return e.raw, nil
	default:
		return t.codec.Encode(e.row)
	}
}
