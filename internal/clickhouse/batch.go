package clickhouse

import (
	"maps"
	"slices"
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// Limits say when a batch is written.
type Limits struct {
	Records int           // of the topic, whatever becomes of them
	Bytes   int           // of their keys and values
	Parts   int           // partitions of the table; each is an insert of its own
	Age     time.Duration // since the first record was added
}

// input is one record of the topic, judged by itself: a row, a dead letter, or nothing.
type input struct {
	row  Row                 // without a record if that cannot be read, or is passed over
	size int                 // bytes of key and value
	dead *schemas.DeadLetter // nil for a row
	skip bool                // pass over
}

// checkpoint is a state that is, or could be, committed: the next offset to read and how things stand there.
type checkpoint struct {
	next int64
	meta schemas.CommitMeta
}

// batch is a range of records from a checkpoint on, and what they become. It is built again record by record when its
// range was announced by somebody else, so it depends on the checkpoint and the records alone.
type batch struct {
	mapping *Mapping
	from    checkpoint
	next    int64 // offset after the last record
	records int
	size    int // bytes
	rows    []Row
	parts   []string // of the table, in order of first appearance
	dead    []*schemas.DeadLetter
	replays int
	refused int // of the rows, by the table

	vector  map[schemas.Source]schemas.Mark // highest origin applied, per source, after the last record
	account schemas.Accounting              // likewise
}

func newBatch(m *Mapping, from checkpoint) *batch {
	b := &batch{mapping: m, from: from, next: from.next, vector: maps.Clone(from.meta.Vector), account: from.meta.Accounting}
	if b.vector == nil {
		b.vector = map[schemas.Source]schemas.Mark{}
	}
	return b
}

// judge says what becomes of a record that comes next. One without an emitter was put there by hand and repeats nothing.
func (b *batch) judge(in input) schemas.Outcome {
	if in.skip {
		return schemas.Skipped
	}
	if in.row.Record == nil && in.dead == nil {
		panic("clickhouse: an input must be a row or a dead letter")
	}
	if origin, ok := b.origin(in); ok {
		seen, known := b.vector[origin.Source()]
		if known && !origin.Mark().After(seen) {
			return schemas.Replay
		}
	}
	if in.dead != nil {
		return schemas.Dead
	}
	return schemas.Applied
}

// fits reports whether the record may be added: not if it would be the first of one partition of the table too many.
func (b *batch) fits(in input, limits Limits) bool {
	if len(b.parts) < limits.Parts || b.judge(in) != schemas.Applied {
		return true
	}
	return slices.Contains(b.parts, b.mapping.Part(in.row.Record))
}

// origin returns what a record was made from, if it can be read and says so.
func (b *batch) origin(in input) (o schemas.Origin, ok bool) {
	if in.row.Record != nil {
		o = b.mapping.Origin(in.row.Record)
	}
	return o, o.Emitter != ""
}

// add adds the next record.
func (b *batch) add(in input) {
	outcome := b.judge(in)
	b.account.Count(outcome)
	b.next = in.row.Offset + 1
	b.records++
	b.size += in.size
	switch outcome { //nolint:exhaustive // judge gives these four
	case schemas.Skipped:
		return
	case schemas.Replay:
		b.replays++
		return
	case schemas.Dead:
		b.dead = append(b.dead, in.dead)
	case schemas.Applied:
		b.rows = append(b.rows, in.row)
		if part := b.mapping.Part(in.row.Record); !slices.Contains(b.parts, part) {
			b.parts = append(b.parts, part)
		}
	}
	if origin, ok := b.origin(in); ok {
		b.vector[origin.Source()] = origin.Mark()
	}
}

// full reports whether the batch must be written before more is added.
func (b *batch) full(limits Limits) bool {
	return b.records >= limits.Records || b.size >= limits.Bytes
}

// refuse books a row as a dead letter: the table does not take it.
func (b *batch) refuse() {
	b.refused++
	b.account.Applied--
	b.account.Dead++
}

// after returns the checkpoint that follows the batch.
func (b *batch) after() checkpoint {
	return checkpoint{b.next, schemas.CommitMeta{Vector: b.vector, Accounting: b.account}}
}
