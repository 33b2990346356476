package streams

import (
	"errors"
	"fmt"

	"github.com/nova-social/nova-streams/internal/tablestore"
)

func (t *task) wake() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead {
		return
	}
	if err := t.ledger.advance(); err != nil {
		t.die(err)
	}
}

// tail returns the offset the table's next record will get, and whether none is under way.
func (t *task) tail() (next int64, resting bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.table.next, !t.dead && !t.fresh && t.ledger.idle()
}

// die ends the task and the stage. The lock must be held.
func (t *task) die(err error) {
	t.dead = true
	if errors.Is(err, ErrForeignWriter) {
		t.metrics.foreignWriter()
	}
	if corrupt := errors.Is(err, tablestore.ErrCorrupt); corrupt || errors.Is(err, tablestore.ErrFull) {
		t.spoil(t.part, corrupt)
	}
	t.fail(err)
}

// lost is called by the producer when a record is lost for good: what follows must not be committed.
func (t *task) lost(err error) {
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
