package streams

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/nova-social/nova-streams/schemas"
)

// expireEvery is how often rows are looked at for their age.
const expireEvery = time.Second

// timer is something that is done to a partition again and again, on the goroutine of its inputs.
type timer struct {
	every time.Duration
	do    func(tick *tick, now time.Time)
	next  time.Time // of the session's ticker alone
	due   atomic.Bool
}

// timers returns what is to be done to one partition: the owner's punctuation, and expiry.
func (s *Stage) timers() []*timer {
	var all []*timer
	if s.opts.Punctuate != nil {
		every := s.opts.PunctuateEvery
		if every == 0 {
			every = time.Second
		}
		all = append(all, &timer{every: every, do: func(tick *tick, now time.Time) { tick.call(s.opts.Punctuate, now) }})
	}
	if s.opts.Keep > 0 && s.table != "" {
		all = append(all, &timer{every: expireEvery, do: func(tick *tick, _ time.Time) { tick.expire(s.opts.Keep) }})
	}
	return all
}

// ring marks what is due by now, and wakes the goroutine of the partition. What still waits is not marked twice, so a
// partition that is slow leaves ticks out. There are none before the table is read.
func (p *part) ring(now time.Time) {
	if !p.open.Load() {
		return
	}
	rings := false
	for _, t := range p.timers {
		if !now.Before(t.next) {
			t.next = now.Add(t.every)
			t.due.Store(true)
			rings = true
		}
	}
	if rings {
		p.feed.ring()
	}
}

// punctuate does what is due. It runs on the goroutine goka has for the partition.
func (p *part) punctuate(ctx context.Context) {
	for _, t := range p.timers {
		if t.due.Swap(false) {
			p.task.punctuate(ctx, t.do)
		}
	}
}

// punctuate has do change rows and emit, between two inputs.
//
// That is exact though nothing in the log says when it came. A row that is set takes the position of the last input
// handled, as all inputs before it are done; and the inputs that follow wait until it is in the changelog. So whatever
// an input has led to, it leads to again after a crash: one before the tick is absorbed by the row, and one behind it
// meets the row as the tick has left it. For the same reason none comes before an input that may have led to something
// already, in an earlier life: see call.
func (t *task) punctuate(ctx context.Context, do func(tick *tick, now time.Time)) {
	if !t.throttle(ctx) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.dead || t.ending {
		return
	}
	k := &tick{ctx: ctx, task: t}
	do(k, time.Now())
	if k.err != nil {
		t.die(fmt.Errorf("punctuating %s/%d: %w", t.group, t.part, k.err))
		return
	}
	t.fresh = t.fresh || k.did
	if k.set && !t.controls.LooseTicks {
		t.awaited = t.ledger.open
		t.closeEpoch()
	}
}

// at is the position a row gets that a tick sets.
func (t *task) at(row schemas.Row) schemas.Position {
	now, was := schemas.Position{Epoch: t.epoch, Offset: t.next - 1}, row.Last()
	if was.Covers(now) || t.controls.LooseTicks { // it was read from the changelog, and its inputs come again
		return was
	}
	return now
}

// call calls the owner's function, unless some inputs were perhaps handled before.
func (k *tick) call(f func(tick schemas.Tick, now time.Time), now time.Time) {
	if k.task.next >= k.task.replays || k.task.controls.LooseTicks {
		f(k, now)
	}
}

// sweepRows is how many rows one sweep removes at most.
const sweepRows = 2000

// expire removes rows that are too old for every input to come.
func (k *tick) expire(keep time.Duration) {
	if k.Time().IsZero() {
		return
	}
	horizon, gone := k.Time().Add(-keep).UnixMilli(), 0
	k.Oldest(4*sweepRows, func(key string, row schemas.Row) bool {
		a, ok := row.(schemas.Aging)
		if !ok || a.Newest() > horizon {
			return false
		}
		if k.Delete(key) {
			gone++
		}
		return gone < sweepRows
	})
	k.task.metrics.expire(gone)
}
