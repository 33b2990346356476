package clickhouse

import (
	"context"
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// Table is the table of a mapping, as its sink sees it. A *Client serves all mappings.
type Table interface {
	// Insert writes one block and returns when it and what views make of it are durable. Inserting a block again is
	// the way to be sure of it, whatever became of the first time.
	Insert(ctx context.Context, b *Block) error
	// Prepare adds the columns of a list, and more, that the table lacks.
	Prepare(ctx context.Context, m *Mapping, columns int32, more []string) error
	// Server names the run of the server: another number after each start.
	Server(ctx context.Context) (uint64, error)
	// Rows counts the rows of the block's range and part that are in the table, whatever the attempt.
	Rows(ctx context.Context, b *Block) (uint64, error)
	// Inserting reports whether the server works on an insert of the block.
	Inserting(ctx context.Context, b *Block) (bool, error)
	// Holds reports whether there are rows of that topic and partition.
	Holds(ctx context.Context, m *Mapping, topicID string, partition int32) (bool, error)
	// Breaker returns the state of the circuit breaker before the table.
	Breaker() string
}

// ledger is the committed offset of one partition and its metadata.
type ledger interface {
	// commit returns nil once the coordinator has accepted the checkpoint from a member that owns the partition.
	commit(ctx context.Context, at checkpoint) error
}

// graveyard keeps refused records. Send returns when they are durable; the same letter may arrive twice.
type graveyard interface {
	send(ctx context.Context, letters []*schemas.DeadLetter) error
}

// insist calls do until it succeeds, pausing in between, or the session is over.
type insist func(ctx context.Context, doing string, do func(context.Context) error) error

// writer makes the batches of one partition durable.
type writer struct {
	ledger    ledger
	table     Table
	dead      graveyard
	insist    insist
	metrics   *Metrics
	topicID   string
	partition int32
	now       func() time.Time
	valid     time.Duration // for how long the coordinator's word is taken that the partition is ours
	prepared  bool          // the table has the columns of this program
}

// write announces the batch, inserts its rows, sends its dead letters and commits the offset after it, which it returns
// as a checkpoint. Given the announcement under which somebody began to write this range, it finishes that.
//
// It may be left at any point: before the announcement is accepted nothing has happened, after it the range is finished
// by whoever takes the partition over.
func (w *writer) write(ctx context.Context, b *batch, a *schemas.Announcement) (checkpoint, error) {
	if a != nil {
		if err := b.agree(a); err != nil {
			return checkpoint{}, err
		}
	}
	if len(b.rows) > 0 {
		insert := w.insert
		if b.mapping.Replacing {
			insert = w.replace
		}
		if err := insert(ctx, b, a); err != nil {
			return checkpoint{}, err
		}
	}
	if len(b.dead) > 0 {
		if err := w.insist(ctx, "sending dead letters", func(ctx context.Context) error { return w.dead.send(ctx, b.dead) }); err != nil {
			return checkpoint{}, err
		}
	}
	after := b.after()
	if err := w.ledger.commit(ctx, after); err != nil {
		return checkpoint{}, fmt.Errorf("committing %d of partition %d: %w", after.next, w.partition, err)
	}
	w.metrics.wrote(b)
	return after, nil
}

// insert brings the rows of the batch into the table, as announced before by somebody or by this writer.
func (w *writer) insert(ctx context.Context, b *batch, announced *schemas.Announcement) error {
	var server uint64
	err := w.insist(ctx, "preparing an insert", func(ctx context.Context) (err error) {
		if err := w.prepare(ctx, b); err != nil {
			return err
		}
		server, err = w.table.Server(ctx)
		return err
	})
	if err != nil {
		return err
	}
	p := &placement{writer: w, batch: b, sent: map[string]bool{}}
	if announced == nil {
		p.plan = *b.announcement(server)
	} else {
		p.takeOver(announced)
	}
	for len(p.plan.Blocks) > 0 {
		if err := p.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

// prepare brings the table to the columns of this program, once.
func (w *writer) prepare(ctx context.Context, b *batch) error {
	if w.prepared {
		return nil
	}
	if err := w.table.Prepare(ctx, b.mapping, b.mapping.current, nil); err != nil {
		return err
	}
	w.prepared = true
	return nil
}
