package schemas

import "cmp"

// Origin names the input record from which a stage derived an output: the record the emitting stage itself consumed.
// Within one Emitter and Partition, outputs are sent in ascending (Epoch, Offset, N); a consumer that has applied an
// origin drops everything at or below it as a replay.
type Origin struct {
	Emitter   string `avro:"emitter"`   // group that emitted the record
	Epoch     int32  `avro:"epoch"`     // ordinal of the consumed topic's incarnation; 0 for the first
	Partition int32  `avro:"partition"` // partition of the consumed record
	Offset    int64  `avro:"offset"`    // offset of the consumed record
	N         int32  `avro:"n"`         // how-manieth output of that record, from 0
}

// Source is the part of an origin within which outputs are ordered.
type Source struct {
	Emitter   string
	Partition int32
}

// Mark is the part of an origin that grows within its source.
type Mark struct {
	Epoch  int32
	Offset int64
	N      int32
}

// Source returns the emitter and partition of o.
func (o Origin) Source() Source { return Source{o.Emitter, o.Partition} }

// Mark returns the place of o within its source.
func (o Origin) Mark() Mark { return Mark{o.Epoch, o.Offset, o.N} }

// After reports whether m lies behind n, that is, whether n does not cover it.
func (m Mark) After(n Mark) bool {
	return cmp.Or(cmp.Compare(m.Epoch, n.Epoch), cmp.Compare(m.Offset, n.Offset), cmp.Compare(m.N, n.N)) > 0
}

// Derived is a record that carries the origin of its emitter. The goka layer stamps it on emit and checks it on receipt.
type Derived interface {
	GetOrigin() Origin
	SetOrigin(Origin)
}

// Position says how much of its stage's input log a row has seen: the epoch and offset of the last record applied to it.
type Position struct {
	Epoch  int32 `json:"epoch"`
	Offset int64 `json:"offset"`
}

// Covers reports whether a row at p has seen the record at q.
func (p Position) Covers(q Position) bool {
	return cmp.Or(cmp.Compare(q.Epoch, p.Epoch), cmp.Compare(q.Offset, p.Offset)) <= 0
}

// NoPosition is the position of a row that has seen nothing.
var NoPosition = Position{Epoch: -1, Offset: -1}

// Row is a table row. Last is its position, kept and encoded with the row.
type Row interface {
	Last() Position
	SetLast(Position)
}

// Aging is a Row that is worth nothing some time after it was last added to.
type Aging interface {
	Row
	// Newest returns the append time of the newest thing in the row, Unix ms; 0 for an empty row.
	Newest() int64
}
