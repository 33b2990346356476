package streams

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// sender is the part of a kgo.Client that the ledger needs. Produce must not block and must call the promise once.
type sender interface {
	Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error))
}

// checkpoint is a committed or committable state: the next offset to read and how things stand there.
type checkpoint struct {
	next int64
	time time.Time // of the last record before next; zero where it is not known
	meta schemas.CommitMeta
}

// epoch is what one partition did between two ticks.
type epoch struct {
	held     []*kgo.Record // outputs that wait for the rows, with Controls.RowsFirst only
	outputs  atomic.Int64  // unacknowledged outputs, plus one while the epoch is open
	changed  []sent
	rows     atomic.Int64 // unacknowledged rows, plus one until they are sent
	rowsSent bool
	at       checkpoint
	done     bool // durable; with the task's lock
	onOutput func(*kgo.Record, error)
	onRow    func(*kgo.Record, error)
}

// ledger makes the work of one partition durable in order: the outputs of an epoch, then its rows, then its offset.
//
// Rows wait for the outputs of their own and all earlier epochs, so a row that is in the changelog proves that every
// output of every input it has seen is in its log too. The methods are called with the task's lock held; wake is
// called without it, by acknowledgements, when advance may find something to do.
type ledger struct {
	send     sender
	controls Controls
	spent    *outgoing // where acknowledged outputs go
	wake     func()
	fail     func(error)
	written  func([]sent) error // takes the acknowledged rows of an epoch, in order

	open    *epoch
	closed  []*epoch // oldest first
	durable checkpoint
	unacked atomic.Int64 // records handed to the sender and not acknowledged
}

func newLedger(send sender, from checkpoint, c Controls, spent *outgoing, wake func(), fail func(error), written func([]sent) error) *ledger {
	l := &ledger{send: send, controls: c, spent: spent, wake: wake, fail: fail, written: written, durable: from}
	l.open = l.begin()
	return l
}

func (l *ledger) begin() *epoch {
	e := &epoch{}
	e.outputs.Store(1)
	e.rows.Store(1)
	e.onOutput = func(r *kgo.Record, err error) {
		l.acknowledged(&e.outputs, err)
		if err == nil {
			l.spent.put(r)
		}
	}
	e.onRow = func(_ *kgo.Record, err error) { l.acknowledged(&e.rows, err) }
	return e
}

// acknowledged counts one record of an epoch that is durable, or ends the task. An epoch with a failure never
// completes, so nothing from there on is committed.
func (l *ledger) acknowledged(left *atomic.Int64, err error) {
	l.unacked.Add(-1)
	switch {
	case err != nil:
		l.fail(err)
	case left.Add(-1) == 0:
		l.wake()
	}
}

// output sends one record that the open epoch's inputs led to.
func (l *ledger) output(r *kgo.Record) {
	l.open.outputs.Add(1)
	l.unacked.Add(1)
	if l.controls.RowsFirst {
		l.open.held = append(l.open.held, r)
		return
	}
	l.send.Produce(context.Background(), r, l.open.onOutput)
}

// close ends the open epoch: once rows and all outputs are durable, at may be committed.
func (l *ledger) close(at checkpoint, rows []sent) error {
	e := l.open
	e.changed, e.at = rows, at
	l.closed = append(l.closed, e)
	l.open = l.begin()
	e.outputs.Add(-1)
	if l.controls.RowsFirst {
		l.sendRows(e)
	}
	if l.controls.CommitEarly {
		l.durable = at
	}
	return l.advance()
}

// advance sends the rows whose outputs are acknowledged and moves the durable checkpoint over finished epochs.
func (l *ledger) advance() error {
	for _, e := range l.closed {
		if e.rows.Load() == 0 && len(e.held) > 0 {
			l.sendHeld(e)
		}
		if e.outputs.Load() != 0 {
			break
		}
		if !e.rowsSent {
			l.sendRows(e)
		}
	}
	for len(l.closed) > 0 {
		e := l.closed[0]
		if e.outputs.Load() != 0 || e.rows.Load() != 0 {
			return nil
		}
		if err := l.written(e.changed); err != nil {
			return err
		}
		if !l.controls.CommitEarly {
			l.durable = e.at
		}
		e.done = true
		l.closed[0] = nil
		l.closed = l.closed[1:]
	}
	return nil
}

func (l *ledger) sendRows(e *epoch) {
	e.rowsSent = true
	e.rows.Add(int64(len(e.changed)))
	l.unacked.Add(int64(len(e.changed)))
	now := time.Now() // kgo would ask for each
	for _, s := range e.changed {
		s.rec.Timestamp = now
		l.send.Produce(context.Background(), s.rec, e.onRow)
	}
	e.rows.Add(-1)
}

// sendHeld is the control's wrong order: outputs behind rows.
func (l *ledger) sendHeld(e *epoch) {
	held := e.held
	e.held = nil
	for _, r := range held {
		l.send.Produce(context.Background(), r, e.onOutput)
	}
}

// idle reports whether everything closed is durable.
func (l *ledger) idle() bool { return len(l.closed) == 0 }
