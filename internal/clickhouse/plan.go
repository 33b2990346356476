package clickhouse

import (
	"fmt"
	"slices"

	"github.com/nova-social/nova-streams/schemas"
)

// Block is one insert: the rows of one announced range that lie in one partition of the table. The server takes it
// whole or not at all, and knows it again by its token.
type Block struct {
	TopicID   string // incarnation of the topic
	Partition int32  // of the topic
	First     int64  // announced range
	Last      int64
	Part      string // partition of the table
	Attempt   int32  // grows when the part has to be sent under a fresh token
	Columns   int32  // version of the column list
	Before    uint64 // rows of that topic and partition in all inserts before this one
	Rows      []Row
}

// Token names the block, and no other: a topic created again has another id.
func (b *Block) Token() string {
	return fmt.Sprintf("%s/%d/%d-%d/%s/%d", b.TopicID, b.Partition, b.First, b.Last, b.Part, b.Attempt)
}

// announcement is what has to be known to write the batch again.
func (b *batch) announcement() *schemas.Announcement {
	return &schemas.Announcement{First: b.from.next, Last: b.next - 1, Parts: b.parts, Columns: currentColumns}
}

// announced returns the checkpoint to commit before the batch is inserted: nothing has moved, but whoever reads it
// knows what may have landed.
func (b *batch) announced(a *schemas.Announcement) checkpoint {
	at := b.from
	at.meta.Announced = a
	return at
}

// agree reports how a batch that was built again differs from its announcement.
func (b *batch) agree(a *schemas.Announcement) error {
	if a.First != b.from.next || a.Last != b.next-1 || !slices.Equal(a.Parts, b.parts) {
		return fmt.Errorf("%w: announced [%d..%d] in %v, built [%d..%d] in %v",
			ErrRangeChanged, a.First, a.Last, a.Parts, b.from.next, b.next-1, b.parts)
	}
	if columnLists[a.Columns] == nil {
		return fmt.Errorf("%w: announced with column list %d, this program knows up to %d", ErrRangeChanged, a.Columns, currentColumns)
	}
	return nil
}

// blocks returns the inserts of the batch in the order announced, each with its rows in order of offset.
func (b *batch) blocks(topicID string, partition int32, a *schemas.Announcement) []*Block {
	blocks := make([]*Block, len(a.Parts))
	byPart := make(map[string]*Block, len(a.Parts))
	for i, part := range a.Parts {
		blocks[i] = &Block{
			TopicID: topicID, Partition: partition, First: a.First, Last: a.Last,
			Part: part, Attempt: a.Attempt, Columns: a.Columns,
		}
		byPart[part] = blocks[i]
	}
	before := uint64(b.from.meta.Accounting.Applied)
	if len(blocks) == 1 {
		blocks[0].Rows, blocks[0].Before = b.rows, before
		return blocks
	}
	for _, r := range b.rows {
		block := byPart[tablePart(r.EventTime)]
		block.Rows = append(block.Rows, r)
	}
	for _, block := range blocks {
		block.Before, before = before, before+uint64(len(block.Rows))
	}
	return blocks
}
