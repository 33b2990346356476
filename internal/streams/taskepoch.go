package streams

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// throttle waits until something may be begun, and reports whether it may.
func (t *task) throttle(ctx context.Context) bool {
	for ctx.Err() == nil && t.mustWait() {
		time.Sleep(200 * time.Microsecond)
	}
	return ctx.Err() == nil
}

// prepare lets inputs be prepared, and reports whether they may be begun.
func (t *task) prepare(ctx context.Context, recs []*kgo.Record) bool {
	if t.opts.Prepare == nil {
		return true
	}
	for _, rec := range recs {
		t.opts.Prepare(ctx, rec.Key, rec.Value)
	}
	return ctx.Err() == nil
}

// mustWait reports whether too much is unacknowledged, as the producer has no bound of its own, or a row that a tick
// has set.
func (t *task) mustWait() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead || t.ending {
		return false
	}
	return t.ledger.unacked.Load() > int64(t.unacked) || t.awaited != nil && !t.awaited.done
}

// While a partition is behind, an epoch lasts longEpoch ticks: what is late anyway need not be seen within a tick, and a
// row that changes again before the end is encoded, sent and read once. Where that happens to most rows, it lasts
// longestEpoch ticks.
const (
	longEpoch    = 25
	longestEpoch = 100
)

// lasts reports whether the epoch may go on though a tick has come, as the partition is behind.
func (t *task) lasts() bool {
	if t.ticks < longEpoch {
		return true
	}
	return t.ticks < longestEpoch && t.table != nil && t.next-t.closed > 2*int64(len(t.table.dirty))
}

// tick closes the epoch; behind says that there is much to catch up with.
func (t *task) tick(behind bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.fresh {
		t.ticks++
	}
	if behind && t.lasts() {
		return
	}
	t.closeEpoch()
}

// finish closes the last epoch.
func (t *task) finish() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ending = true
	t.closeEpoch()
}

// closeEpoch sends what has changed since the last time. The lock must be held.
func (t *task) closeEpoch() {
	if t.dead || !t.fresh {
		return
	}
	t.ticks, t.closed = 0, t.next
	var rows []sent
	if t.table != nil {
		var err error
		if rows, err = t.table.flush(); err != nil {
			t.die(err)
			return
		}
	}
	t.fresh = false
	t.metrics.epoch(len(rows))
	at := checkpoint{t.next, t.time, schemas.CommitMeta{Epoch: t.epoch, Vector: t.vector.snapshot(), Accounting: t.account}}
	if err := t.ledger.close(at, rows); err != nil {
		t.die(err)
	}
}

// opened is told when inputs may come.
func (t *task) opened() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.next >= t.replays { // none waits
		t.resume()
	}
}

func (t *task) resume() {
	if t.resumed != nil {
		t.resumed()
		t.resumed = nil
	}
}

// commit notes that the coordinator has accepted at.
func (t *task) commit(at checkpoint) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.committed = at
}

// done is the position below which no input comes again. The lock must be held.
func (t *task) done() schemas.Position {
	return schemas.Position{Epoch: t.epoch, Offset: t.committed.next - 1}
}
