package streams

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// Verb is what a group does with one record: goka in, goka out. Its input, headers included, is valid during the call
// only: what a codec does not copy is overwritten by later records. It may read and set the row of the record's key and
// emit records; what it decides must follow from the record and the row alone. It returns what became of the record.
type Verb func(ctx goka.Context, msg any) schemas.Outcome

// output is a topic a group writes.
type output struct {
	topic string // in Kafka
	codec goka.Codec
	limit int // bytes of key and value
}

// taskConfig is what the tasks of one session share.
type taskConfig struct {
	group    string
	input    string
	epoch    int32  // ordinal of the input topic's incarnation
	parts    int32  // of the input topic
	round    string // the input topic in Kafka, if the group also writes it: where misplaced records go; else ""
	codec    goka.Codec
	outputs  map[string]output
	verb     Verb
	opts     Options
	spent    *outgoing // records to use again
	unacked  int
	controls Controls
	fail     func(error)
	again    func(part int32, offset int64) // remembers an input to take with care after the rebuild
	spoil    func(part int32, corrupt bool) // has the table's store opened again, or made anew
	metrics  *groupMetrics
}

// task is one partition of one member, from its committed offset on until the partition is given away.
type task struct {
	*taskConfig
	part    int32
	start   int64 // committed offset from which it reads
	careful int64 // offset of an input to take with care, -1 for none
	replays int64 // end of the input when it was taken over: what lies before may have been handled in another life

	mu        sync.Mutex // held for each batch, by acknowledgements that advance the ledger, and by the tick
	ledger    *ledger
	table     *table // nil for a group without one
	vector    vector
	account   schemas.Accounting
	next      int64            // offset after the last input handled
	time      time.Time        // of the last input handled
	now       time.Time        // by the clock, when the batch under way was begun: what is sent is stamped with it
	committed checkpoint       // accepted by the coordinator; its time is zero before the first commit
	ticks     int              // since the last epoch ended
	closed    int64            // offset after the last input of that epoch
	fresh     bool             // inputs were handled, or rows changed, since the last tick
	resumed   func()           // called at the first input, or when there is none to begin with; then nil
	ending    bool             // being given away: nothing more is begun
	dead      bool             // failed or over: nothing may be handled or committed any more
	awaited   *epoch           // of rows that a tick has set; inputs wait for it
	walked    tablestore.Place // how far ticks have walked over the rows
	ctx       taskContext
}

func newTask(c *taskConfig, part int32, from checkpoint, send sender, tab *table) *task {
	t := &task{taskConfig: c, part: part, careful: -1, table: tab, account: from.meta.Accounting, start: from.next, next: from.next, closed: from.next, committed: from}
	t.vector = newVector(from.meta.Vector)
	t.ledger = newLedger(send, from, c.controls, c.spent, t.wake, t.lost, t.written)
	t.ctx.task = t
	return t
}

// handle processes records of the input in log order. It runs on the goroutine goka has for the partition.
func (t *task) handle(ctx context.Context, recs []*kgo.Record) {
	if !t.throttle(ctx) || !t.prepare(ctx, recs) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now = time.Now()
	for _, rec := range recs {
		if t.dead || t.ending {
			return
		}
		if rec.Offset < t.next {
			t.die(fmt.Errorf("streams: %s/%d gave offset %d again, after %d", t.input, t.part, rec.Offset, t.next-1))
			return
		}
		outcome, err := t.apply(ctx, rec)
		if err != nil {
			t.die(err)
			return
		}
		t.account.Count(outcome)
		t.metrics.input(outcome)
		t.next, t.time, t.fresh = rec.Offset+1, rec.Timestamp, true
		rec.Recycle()
		t.resume()
	}
}

func (t *task) apply(ctx context.Context, rec *kgo.Record) (schemas.Outcome, error) {
	if t.round != "" && len(rec.Key) > 0 && murmur2.Partition(rec.Key, t.parts) != t.part { // its producer has another partitioner
		if size := len(rec.Key) + len(rec.Value); size > t.outputs[t.input].limit {
			return t.refuseMisplaced(ctx, rec, size)
		}
		t.ledger.output(&kgo.Record{Topic: t.round, Key: slices.Clone(rec.Key), Value: slices.Clone(rec.Value)})
		return schemas.Skipped, nil
	}
	msg, err := t.codec.Decode(rec.Value)
	if err != nil {
		return 0, fmt.Errorf("decoding %s/%d at %d: %w", t.input, t.part, rec.Offset, err)
	}
	if d, ok := msg.(schemas.Derived); ok && !t.controls.IgnoreOrigins {
		if o := d.GetOrigin(); o.Emitter != "" && !t.vector.take(o) {
			return schemas.Replay, nil
		}
	}
	c := &t.ctx
	c.begin(ctx, rec, string(rec.Key), schemas.Position{Epoch: t.epoch, Offset: rec.Offset})
	if t.table == nil {
		return t.run(msg)
	}
	if c.entry, err = t.table.get(c.name); err != nil {
		return 0, err
	}
	if c.entry != nil && c.entry.row != nil && c.entry.row.Last().Covers(c.pos) {
		return schemas.Absorbed, nil
	}
	if t.careful == rec.Offset || t.table.near(c.entry, c.name, len(rec.Value)) {
		return t.runNearLimit(msg)
	}
	return t.run(msg)
}

// run lets the verb decide, then keeps the row and sends the outputs; an input whose outputs are too large is refused.
func (t *task) run(msg any) (schemas.Outcome, error) {
	c := &t.ctx
	outcome := t.verb(c, msg)
	if c.large != nil {
		return t.refuseLarge()
	}
	return outcome, t.keep()
}

func (t *task) keep() error {
	c := &t.ctx
	if c.err != nil {
		return c.err
	}
	if c.row != nil {
		t.table.set(c.entry, c.name, c.row, c.pos, len(c.rec.Value))
	}
	for _, r := range c.outs {
		t.ledger.output(r)
	}
	return nil
}

// encode makes the record of an output. large says why the topic would not take it, nil if it would.
func (t *task) encode(topic goka.Stream, key string, v any) (r *kgo.Record, large, err error) {
	out, ok := t.outputs[string(topic)]
	if !ok {
		return nil, nil, fmt.Errorf("streams: %q is not an output of group %s", topic, t.group)
	}
	r = t.spent.get()
	if r.Value, err = appendEncode(out.codec, r.Value, v); err != nil {
		return nil, nil, fmt.Errorf("encoding %T for %s: %w", v, topic, err)
	}
	if size := len(key) + len(r.Value); size > out.limit {
		large = fmt.Errorf("an output to %s has %d bytes, at most %d are taken", topic, size, out.limit)
	}
	// The key is copied: as a part of what was decoded it would keep all of that until the record is acknowledged.
	n := len(r.Value)
	r.Value = append(r.Value, key...)
	r.Topic, r.Value, r.Key = out.topic, r.Value[:n], r.Value[n:]
	return r, large, nil
}

// recovered ends recovery: rows that must be sent again are.
func (t *task) recovered() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.table == nil {
		return nil
	}
	t.fresh = len(t.table.heal) > 0
	return t.table.resend()
}

// written takes acknowledged rows into the table's store.
func (t *task) written(rows []sent) error {
	if t.table == nil {
		return nil
	}
	return t.table.acknowledged(rows, t.controls.NoFences)
}
