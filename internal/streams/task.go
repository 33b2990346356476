package streams

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// Verb is what a group does with one record: goka in, goka out. It may read and set the row of the record's key and
// emit records; what it decides must follow from the record and the row alone. It returns what became of the record.
type Verb func(ctx goka.Context, msg any) schemas.Outcome

// task is one partition of one group generation, from its committed offset on.
type task struct {
	group    string
	part     int32
	epoch    int32 // ordinal of the input topic's incarnation
	outputs  map[string]goka.Codec
	controls Controls
	limit    int64
	start    int64 // committed offset from which it reads; 0 where there is none
	fail     func(error)
	metrics  *taskMetrics

	mu      sync.Mutex // held for each input, by acknowledgements that advance the ledger, and by the tick
	ledger  *ledger
	table   *table // nil for a group without one
	vector  map[schemas.Source]schemas.Mark
	account schemas.Accounting
	next    int64 // offset after the last input handled
	fresh   bool  // inputs were handled since the last tick
	dead    bool  // failed or over: nothing may be handled or committed any more
	ctx     taskContext
}

func newTask(group string, part int32, from checkpoint, send sender, tab *table, outputs map[string]goka.Codec, limit int, c Controls, fail func(error)) *task {
	t := &task{group: group, part: part, outputs: outputs, controls: c, limit: int64(limit), fail: fail, table: tab, account: from.meta.Accounting, start: from.next, next: from.next}
	t.vector = maps.Clone(from.meta.Vector)
	if t.vector == nil {
		t.vector = map[schemas.Source]schemas.Mark{}
	}
	t.ledger = newLedger(send, from, t.advance, t.abort)
	t.ledger.rowsFirst = c.RowsFirst
	t.ctx.task = t
	return t
}

// handle processes one input. It runs on the partition's goroutine, in log order.
func (t *task) handle(in goka.Context, msg any, verb Verb) {
	t.throttle(in.Context())
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return
	}
	outcome, err := t.apply(in, msg, verb)
	if err != nil {
		t.dead = true
		t.fail(err)
		return
	}
	t.account.Count(outcome)
	t.metrics.input(outcome)
	t.next, t.fresh = in.Offset()+1, true
}

func (t *task) apply(in goka.Context, msg any, verb Verb) (schemas.Outcome, error) {
	if d, ok := msg.(schemas.Derived); ok && !t.controls.IgnoreOrigins {
		if o := d.GetOrigin(); o.Emitter != "" {
			if seen, ok := t.vector[o.Source()]; ok && !o.Mark().After(seen) {
				return schemas.Replay, nil
			}
			t.vector[o.Source()] = o.Mark()
		}
	}
	c := &t.ctx
	c.gokaContext, c.pos, c.n, c.err, c.entry = in, schemas.Position{Epoch: t.epoch, Offset: in.Offset()}, 0, nil, nil
	if t.table != nil {
		e, err := t.table.get(in.Key())
		if err != nil {
			return 0, err
		}
		if e != nil && e.last.Covers(c.pos) {
			return schemas.Absorbed, nil
		}
		c.entry = e
	}
	outcome := verb(c, msg)
	return outcome, c.err
}

// throttle waits while too much is unacknowledged: goka itself has no bound.
func (t *task) throttle(ctx context.Context) {
	for t.ledger.unacked.Load() > t.limit && ctx.Err() == nil {
		time.Sleep(200 * time.Microsecond)
	}
}

// tick closes the epoch.
func (t *task) tick() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead || !t.fresh {
		return
	}
	var rows []*kgo.Record
	if t.table != nil {
		var err error
		if rows, err = t.table.flush(); err != nil {
			t.dead = true
			t.fail(err)
			return
		}
	}
	t.fresh = false
	t.metrics.epoch(len(rows))
	t.ledger.close(checkpoint{t.next, schemas.CommitMeta{Vector: maps.Clone(t.vector), Accounting: t.account}}, rows)
}

func (t *task) advance() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.dead {
		t.ledger.advance()
	}
}

// abort is called by the producer when a record is lost for good: what follows must not be committed.
func (t *task) abort(err error) {
	t.mu.Lock()
	was := t.dead
	t.dead = true
	t.mu.Unlock()
	if !was {
		t.fail(fmt.Errorf("producing for %s/%d: %w", t.group, t.part, err))
	}
}

// drained reports whether all that was handled is durable, or never will be.
func (t *task) drained() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dead || (!t.fresh && t.ledger.idle())
}

// stop ends the task and returns what may be committed for good.
func (t *task) stop() checkpoint {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.dead = true
	return t.ledger.durable
}

// durable returns what may be committed.
func (t *task) durable() checkpoint {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ledger.durable
}
