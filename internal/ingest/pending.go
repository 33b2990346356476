package ingest

import (
	"sync"
	"sync/atomic"
)

// pending is a request whose events are on their way.
type pending struct {
	left   atomic.Int64
	gaveUp atomic.Bool // nobody waits any more: what has not been sent need not be

	once sync.Once
	done chan struct{} // closed when all are acknowledged, or one cannot be
	err  error         // why one cannot be; to be read after done
}

func newPending(events int) *pending {
	p := &pending{done: make(chan struct{})}
	p.left.Store(int64(events))
	return p
}

// settle takes what became of one event.
func (p *pending) settle(err error) {
	if err != nil {
		p.once.Do(func() { p.err = err; close(p.done) })
	}
	if p.left.Add(-1) == 0 {
		p.once.Do(func() { close(p.done) })
	}
}
