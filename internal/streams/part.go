package streams

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// part is one partition of this member: its task, its feed, and how far its table is.
type part struct {
	n      int32
	task   *task
	feed   *feed
	open   atomic.Bool // fetched records may come
	timers []*timer
	cancel context.CancelFunc
	done   chan struct{} // closed when recovery has ended
	began  time.Time     // when it was assigned

	recovery  Progress     // From and To are set once
	recovered atomic.Int64 // next offset of the changelog to read
	saved     checkpoint   // last commit the coordinator accepted; with the session's committed lock
	metaBytes atomic.Int64
	commits   atomic.Int64 // accepted
	pause     atomic.Int64 // from began to the first record handled, or to there being none; ns, 0 as long as it lasts
}

// assigned takes over partitions: it reads how things stood at their committed offsets and begins to recover their
// tables. Until then they are not fetched.
func (se *session) assigned(ctx context.Context, parts []int32) {
	began := time.Now()
	<-se.made
	se.calls.Lock()
	defer se.calls.Unlock()
	if se.ended {
		return
	}
	se.joined.Store(true)
	if len(parts) == 0 {
		se.standBy()
		return
	}
	for _, p := range parts {
		se.pause(p, true)
	}
	if err := se.takeOver(ctx, parts, began); err != nil {
		se.stage.fail(err)
		return
	}
	se.standBy()
}

func (se *session) takeOver(ctx context.Context, parts []int32, began time.Time) error {
	committed, err := fetchCheckpoints(ctx, se.admin, se.group, se.input)
	if err != nil {
		return err
	}
	held, err := spans(ctx, se.admin, se.input)
	if err != nil {
		return err
	}
	var tables map[int32]span
	if se.table != "" {
		if tables, err = spans(ctx, se.admin, se.table); err != nil {
			return err
		}
	}
	var forgotten []int32
	for _, n := range parts {
		at, has := committed[n]
		in, err := spanAt(held, se.input, n)
		if err != nil {
			return err
		}
		var log span
		if se.table != "" {
			if log, err = spanAt(tables, se.table, n); err != nil {
				return err
			}
		}
		from, err := begin(at, has, se.facts.epoch, in)
		if err != nil {
			return fmt.Errorf("taking over %s/%d: %w", se.input, n, err)
		}
		if has && at.meta.Epoch != se.facts.epoch {
			se.cfg.Log.WarnContext(ctx, "the topic is new: it is read from its start", "topic", se.input, "partition", n, "committed_in_old", at.next, "epoch", se.facts.epoch)
		}
		if !has && log.end > log.start {
			forgotten = append(forgotten, n)
		}
		if err := se.open(n, from, in.end, log, began); err != nil {
			return err
		}
	}
	if len(forgotten) > 0 {
		se.cfg.Log.WarnContext(ctx, "the group has no committed offsets though its table has rows: the input is read from its start; rows absorb what they have seen", "group", se.group, "topic", se.input, "partitions", forgotten)
	}
	return nil
}

func (se *session) open(n int32, from checkpoint, replays int64, held span, began time.Time) error {
	se.endStandby(n)
	ctx, cancel := context.WithCancel(context.Background())
	p := &part{n: n, cancel: cancel, done: make(chan struct{}), began: began, timers: se.stage.timers()}
	p.feed = newFeed(se.stage.input, n, se.signals[n], func(on bool) { se.pause(n, on) })
	var tab *table
	if se.table != "" {
		var err error
		if tab, err = se.openTable(n, held); err != nil {
			cancel()
			return err
		}
		p.recovery = Progress{From: tab.next, To: held.end}
		p.recovered.Store(tab.next)
	}
	p.task = newTask(se.tasks, n, from, se.producer, tab)
	p.task.careful, p.task.replays = se.stage.careful(n), replays
	p.task.resumed = p.resumed
	se.parts[n].Store(p)
	go func() {
		defer close(p.done)
		err := se.recover(ctx, p)
		if err == nil && ctx.Err() == nil {
			se.ready <- p
			if wake := se.wakePoll.Load(); wake != nil {
				(*wake)()
			}
		}
		if err != nil {
			p.task.mu.Lock()
			p.task.die(err)
			p.task.mu.Unlock()
		}
	}()
	return nil
}

// resumed notes that the partition is worked on again. It is called once, with the task's lock held.
func (p *part) resumed() {
	pause := time.Since(p.began)
	p.pause.Store(int64(pause))
	p.task.metrics.paused("taken", pause)
}

// openTable returns the table of a partition as the process has it. A store that has read more than the changelog holds
// is of another log.
func (se *session) openTable(n int32, held span) (*table, error) {
	id := fmt.Sprintf("%s/%d of %s", se.table, n, se.facts.tableID)
	for {
		store, err := se.stage.keeper.take(n, id, se.stage.opts.ordered())
		if err != nil {
			return nil, err
		}
		if store.Next() <= held.end {
			return newTable(se.table, n, se.stage.rows, &se.stage.spent, store, se.cfg.CacheRows, se.facts.tableLimit), nil
		}
		se.stage.keeper.ahead(n, store.Next(), held.end)
	}
}

// recover reads what the table's store has missed.
func (se *session) recover(ctx context.Context, p *part) error {
	if p.task.table == nil {
		return nil
	}
	err := follow(ctx, se.cfg, se.table, p.n, p.recovery.From, p.recovery.To, func(recs []*kgo.Record, next int64) error {
		p.task.mu.Lock()
		defer p.task.mu.Unlock()
		p.recovered.Store(next)
		se.tasks.metrics.recover(len(recs))
		return p.task.table.recover(recs, next)
	})
	if err != nil || ctx.Err() != nil {
		return err
	}
	p.recovered.Store(p.recovery.To)
	se.cfg.Log.InfoContext(ctx, "partition taken over", "group", se.group, "instance", se.instance, "partition", p.n, "from", p.task.start,
		"changelog_records", p.recovery.To-p.recovery.From, "took", time.Since(p.began).Round(time.Millisecond))
	return p.task.recovered()
}

// offset tells the member where to begin to read.
func (se *session) offset(n int32) (int64, error) {
	if p := se.parts[n].Load(); p != nil {
		return p.task.start, nil
	}
	return 0, fmt.Errorf("streams: %s/%d was not taken over", se.input, n)
}

// revoked gives partitions away: what was begun is finished and committed first.
func (se *session) revoked(parts []int32) {
	<-se.made
	se.calls.Lock()
	defer se.calls.Unlock()
	if se.ended {
		return
	}
	se.release(parts)
	se.standBy()
}

// lost is told when the coordinator no longer knows this member. Nothing may be written or committed any more; the stage
// begins anew. OnGroupManageError says why, a moment later, as a rule.
func (se *session) lost(parts []int32) {
	if len(parts) > 0 {
		se.lease.end()
		time.AfterFunc(100*time.Millisecond, func() { se.stage.failIn(se, errLost) })
	}
}

var errLost = errors.New("streams: the coordinator has given this member's partitions away")

var _ kgo.HookGroupManageError = (*session)(nil)

// OnGroupManageError ends the session for what ended the membership.
func (se *session) OnGroupManageError(err error) {
	if errors.Is(err, kerr.FencedInstanceID) {
		se.stage.failIn(se, se.fenced())
		return
	}
	se.stage.failIn(se, fmt.Errorf("%w: %w", errLost, err))
}

// errNotDrained says that outputs were still unacknowledged when a partition had to be given away. They must not arrive
// later, so the producer ends with the session.
var errNotDrained = errors.New("streams: a partition was given away before all it had sent was acknowledged")

// release ends tasks in order: no more input, the last epoch made durable, its offset committed.
func (se *session) release(parts []int32) {
	began := time.Now()
	var ending []*part
	se.opening.Lock()
	for _, n := range parts {
		if p := se.parts[n].Swap(nil); p != nil {
			ending = append(ending, p)
		}
	}
	se.opening.Unlock()
	deadline := time.Now().Add(se.cfg.DrainTimeout)
	for _, p := range ending {
		p.cancel()
		p.feed.close()
		p.task.finish()
	}
	last := map[*part]checkpoint{}
	drained := true
	for _, p := range ending {
		<-p.done
		for !p.task.drained() && time.Now().Before(deadline) && se.lease.valid() {
			time.Sleep(time.Millisecond)
		}
		drained = drained && p.task.drained()
		last[p] = p.task.stop()
	}
	se.commitLast(last)
	if !drained {
		se.lease.end()
		se.stage.fail(errNotDrained)
	}
	for _, p := range ending {
		se.tasks.metrics.paused("given", time.Since(began))
		se.pause(p.n, false) // a pause would outlive the assignment
		se.stage.keeper.release(p.n)
	}
}
