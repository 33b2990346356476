package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/schemas"
)

// maxWalk is how many rows one walk visits at most, so that inputs do not wait long.
const maxWalk = 10_000

// tick is the schemas.Tick of one call. The task's lock is held all the while.
type tick struct {
	ctx     context.Context //nolint:containedctx // as goka's Context has it
	task    *task
	visited *entry // the row a walk is at, nil outside of one
	did     bool   // something is to be sent
	set     bool   // a row was changed
	err     error
}

var _ schemas.Tick = (*tick)(nil)

// Context implements schemas.Tick.
func (k *tick) Context() context.Context { return k.ctx }

// Partition implements schemas.Tick.
func (k *tick) Partition() int32 { return k.task.part }

// Time implements schemas.Tick. What is not yet committed may come again after a crash, so it does not count.
func (k *tick) Time() time.Time { return k.task.committed.time }

// Walk implements schemas.Tick.
func (k *tick) Walk(n int, f func(key string, row schemas.Row)) (end bool) {
	if !k.mayRead() {
		return true
	}
	next, err := k.task.table.store.Walk(k.task.walked, min(n, maxWalk), func(key string, raw []byte) {
		if k.visit(key, raw) && k.visited.row != nil {
			f(key, k.visited.row)
		}
	})
	k.visited, k.task.walked = nil, next
	k.failIf("walking over rows", err)
	return next == (tablestore.Place{})
}

// Oldest implements schemas.Tick. Rows that were written since, or are on their way out, are passed over.
func (k *tick) Oldest(n int, f func(key string, row schemas.Row) bool) {
	n = min(n, maxWalk)
	if n <= 0 || !k.mayRead() {
		return
	}
	err := k.task.table.store.Oldest(func(key string, raw []byte) bool {
		n--
		if !k.visit(key, raw) {
			return false
		}
		e := k.visited
		return (e.dirty || e.flying > 0 || f(key, e.row)) && n > 0 && k.err == nil
	})
	k.visited = nil
	k.failIf("walking over the oldest rows", err)
}

// visit makes the row of key the one a walk is at.
func (k *tick) visit(key string, raw []byte) bool {
	if k.err != nil {
		return false
	}
	if k.visited = k.task.table.hot[key]; k.visited != nil {
		return true
	}
	row, err := k.task.table.decode(key, raw)
	if err != nil {
		k.Fail(err)
		return false
	}
	k.visited = &entry{key: key, row: row, size: len(raw)}
	return true
}

// Get implements schemas.Tick.
func (k *tick) Get(key string) schemas.Row {
	if !k.mayRead() {
		return nil
	}
	e, err := k.task.table.get(key)
	k.failIf("reading a row", err)
	if e == nil || e.row == nil {
		return nil
	}
	return e.row
}

// Set implements schemas.Tick.
func (k *tick) Set(key string, row schemas.Row) {
	e := k.entry(key)
	if e == nil {
		k.Fail(fmt.Errorf("streams: a tick cannot set %q: %w", key, errNoRow))
		return
	}
	t := k.task
	t.table.hot[key] = e
	t.table.set(e, key, row, t.at(row), 0)
	k.did, k.set = true, true
}

// Delete implements schemas.Tick.
func (k *tick) Delete(key string) bool {
	e := k.entry(key)
	if e == nil || e.dirty || e.flying > 0 || !k.task.done().Covers(e.row.Last()) {
		return false
	}
	k.task.table.remove(e)
	k.did = true
	return true
}

// errNoRow is why a tick cannot set a row: a key of which there is none may be another partition's.
var errNoRow = errors.New("there is no such row, or another is being visited")

// entry returns what Set and Delete may change, nil for nothing.
func (k *tick) entry(key string) (e *entry) {
	switch {
	case k.visited != nil && k.visited.key == key:
		e = k.visited
	case k.visited == nil && k.mayRead():
		var err error
		e, err = k.task.table.get(key)
		k.failIf("reading a row", err)
	}
	if e == nil || e.row == nil {
		return nil
	}
	return e
}

// Emit implements schemas.Tick.
func (k *tick) Emit(topic goka.Stream, key string, v any) {
	if d, ok := v.(schemas.Derived); ok {
		d.SetOrigin(schemas.Origin{})
	}
	r, large, err := k.task.encode(topic, key, v)
	if large != nil {
		err = fmt.Errorf("streams: %w", large)
	}
	if err != nil {
		k.Fail(err)
		return
	}
	k.task.ledger.output(r)
	k.did = true
}

// Fail implements schemas.Tick.
func (k *tick) Fail(err error) {
	if k.err == nil {
		k.err = err
	}
}

func (k *tick) failIf(doing string, err error) {
	if err != nil {
		k.Fail(fmt.Errorf("%s of %s/%d: %w", doing, k.task.group, k.task.part, err))
	}
}

// mayRead reports whether there is a table that may be read now; a store is not read while it is being walked over.
func (k *tick) mayRead() bool {
	if k.task.table == nil || k.visited != nil {
		k.Fail(errUnsupported)
	}
	return k.err == nil
}
