package clickhouse

import (
	"fmt"
	"slices"

	"github.com/nova-social/nova-streams/schemas"
)

// Block is one insert: the rows of an announced range that lie in one partition of the table. The server takes it whole
// or not at all, and knows it again by its token.
type Block struct {
	Mapping   *Mapping
	TopicID   string // incarnation of the topic
	Partition int32  // of the topic
	First     int64  // announced range
	Last      int64
	Part      string   // id of the table's partition
	Attempt   int32    // grows when the rows have to be sent under a fresh token
	Columns   int32    // version of the column list
	Before    uint64   // rows of that topic and partition in all inserts before this one
	More      []string // columns of the rows beyond these, ascending
	Rows      []Row
}

// Token names the block, and no other: a topic created again has another id.
func (b *Block) Token() string {
	return fmt.Sprintf("%s/%d/%d-%d/%s/%d", b.TopicID, b.Partition, b.First, b.Last, b.Part, b.Attempt)
}

// announcement is what has to be known to write the batch again; server is the run of the server it is made for.
func (b *batch) announcement(server uint64) *schemas.Announcement {
	a := &schemas.Announcement{First: b.from.next, Last: b.next - 1, Columns: b.mapping.current, Server: server}
	for _, part := range b.parts {
		a.Blocks = append(a.Blocks, schemas.AnnouncedBlock{Part: part, First: a.First, Last: a.Last})
	}
	return a
}

// announced returns the checkpoint to commit before a block of a is inserted: nothing has moved, but whoever reads it
// knows what may have landed.
func (b *batch) announced(a *schemas.Announcement) checkpoint {
	at := b.from
	at.meta.Announced = a
	return at
}

// agree reports how a batch that was built again differs from its announcement.
func (b *batch) agree(a *schemas.Announcement) error {
	if a.First != b.from.next || a.Last != b.next-1 {
		return fmt.Errorf("%w: announced [%d..%d], built [%d..%d]", ErrRangeChanged, a.First, a.Last, b.from.next, b.next-1)
	}
	if b.mapping.columns[a.Columns] == nil {
		return fmt.Errorf("%w: announced with column list %d, this program knows up to %d", ErrRangeChanged, a.Columns, b.mapping.current)
	}
	for _, offset := range a.Refused {
		if !slices.ContainsFunc(b.rows, func(r Row) bool { return r.Offset == offset }) {
			return fmt.Errorf("%w: announced as refused at %d, which is no row", ErrRangeChanged, offset)
		}
	}
	for _, block := range b.blocks("", 0, a) {
		if len(block.Rows) == 0 {
			return fmt.Errorf("%w: announced rows from %d to %d of %s, built none", ErrRangeChanged, block.First, block.Last, block.Part)
		}
	}
	return nil
}

// block returns the insert that was announced as planned. Its place among all rows counts the refused ones before it as
// not there: they are known by the time it is sent, as blocks are sent in order.
func (b *batch) block(topicID string, partition int32, a *schemas.Announcement, planned schemas.AnnouncedBlock) *Block {
	block := &Block{
		Mapping: b.mapping, TopicID: topicID, Partition: partition, First: planned.First, Last: planned.Last, Part: planned.Part,
		Attempt: planned.Attempt, Columns: a.Columns, Before: uint64(b.from.meta.Accounting.Applied),
		Rows: make([]Row, 0, len(b.rows)/max(1, len(b.parts))),
	}
	rank := slices.Index(b.parts, planned.Part)
	for _, r := range b.rows {
		part := b.parts[0]
		if len(b.parts) > 1 {
			part = b.mapping.Part(r.Record)
		}
		switch {
		case slices.Contains(a.Refused, r.Offset):
		case part == planned.Part && r.Offset >= planned.First && r.Offset <= planned.Last:
			block.Rows = append(block.Rows, r)
		case part == planned.Part && r.Offset < planned.First, slices.Index(b.parts, part) < rank:
			block.Before++
		}
	}
	block.More = b.mapping.more(block.Rows)
	return block
}

// blocks returns the inserts of a plan.
func (b *batch) blocks(topicID string, partition int32, a *schemas.Announcement) []*Block {
	blocks := make([]*Block, len(a.Blocks))
	for i, planned := range a.Blocks {
		blocks[i] = b.block(topicID, partition, a, planned)
	}
	return blocks
}

// halves splits what was planned as block, which has two rows or more.
func halves(planned schemas.AnnouncedBlock, block *Block) (left, right schemas.AnnouncedBlock) {
	left, right = planned, planned
	middle := len(block.Rows) / 2
	left.Last, right.First = block.Rows[middle-1].Offset, block.Rows[middle].Offset
	return left, right
}
