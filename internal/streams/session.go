package streams

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/IBM/sarama"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// session is one membership of this process in the group, from joining to leaving. Partitions come and go in it; what
// stays does not notice. It has a producer of its own: when the membership ends, nothing of it may be written any more.
type session struct {
	stage    *Stage
	cfg      *Config
	facts    facts
	lease    *lease
	admin    *kgo.Client
	producer *kgo.Client
	member   *kgo.Client
	instance string
	input    string // names in Kafka
	table    string
	group    string
	tasks    *taskConfig
	signals  []chan *sarama.ConsumerMessage

	parts     []atomic.Pointer[part] // by partition; nil for one that is not this member's
	ready     chan *part             // recovered, to be fetched
	opening   sync.Mutex             // held while one of them is opened, and while partitions are given away
	committed sync.Mutex             // held while offsets are committed
	calls     sync.Mutex             // held by the member's callbacks, one at a time
	ended     bool                   // nothing is taken over any more; with calls
	standbys  map[int32]*standby     // of partitions that are not this member's; with calls
	wakePoll  atomic.Pointer[context.CancelFunc]
	joined    atomic.Bool
	made      chan struct{}      // closed when member is set: it joins, and calls back, before its maker has it
	hangUp    context.CancelFunc // ends what the member still asks
}

// openSession connects and learns what must be known. goka comes after it.
func openSession(ctx context.Context, s *Stage) (_ *session, err error) {
	se := &session{
		stage: s, cfg: &s.cfg, input: s.cfg.topic(s.input), group: s.cfg.topic(s.name),
		lease: newLease(s.cfg.SessionTimeout, s.cfg.Controls.NoFences), standbys: map[int32]*standby{}, made: make(chan struct{}),
	}
	if s.table != "" {
		se.table = s.cfg.topic(s.table)
	}
	defer func() {
		if err != nil {
			se.close()
		}
	}()
	if se.instance, err = s.cfg.instance(); err != nil {
		return nil, err
	}
	if se.admin, err = newAdmin(&s.cfg); err != nil {
		return nil, err
	}
	if se.facts, err = s.describe(ctx, se.admin); err != nil {
		return nil, err
	}
	if err = s.settled(se.facts.parts); err != nil {
		return nil, err
	}
	se.parts = make([]atomic.Pointer[part], se.facts.parts)
	se.ready = make(chan *part, se.facts.parts)
	se.tasks = &taskConfig{
		group: s.name, input: s.input, epoch: se.facts.epoch, parts: se.facts.parts, codec: s.codec, outputs: se.facts.outputs,
		verb: s.verb, opts: s.opts, spent: &s.spent, unacked: s.cfg.MaxUnacked, controls: s.cfg.Controls,
		fail: s.fail, again: s.again, spoil: s.keeper.spoil, metrics: s.cfg.Metrics.group(s.name),
	}
	if _, loops := s.outputs[s.input]; loops {
		se.tasks.round = se.input
	}
	se.producer, err = newProducer(&s.cfg, se.lease, se.table, se.facts.limits)
	return se, err
}

// run is the member's life: it reads until ctx ends, then gives its partitions away in order.
func (se *session) run(ctx context.Context, signals []chan *sarama.ConsumerMessage) (err error) {
	se.signals = signals
	if err := se.checkName(ctx); err != nil {
		se.stage.fail(err)
		return err
	}
	se.lease.renew()
	taking, giveUp := context.WithCancel(context.WithoutCancel(ctx)) // a takeover under way may end in order, in a while
	defer giveUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(se.cfg.DrainTimeout, giveUp) })()
	alive, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	se.hangUp = hangUp
	se.member, err = newMember(alive, se.cfg, &se.stage.fetched, []kgo.Hook{se.lease, se}, se.group, se.instance, se.input, callbacks{
		assigned: func(parts []int32) { se.assigned(taking, parts) }, offset: se.offset, revoked: se.revoked, lost: se.lost,
	})
	if err != nil {
		return err
	}
	close(se.made)
	var wg sync.WaitGroup
	inner, stop := context.WithCancel(context.WithoutCancel(ctx))
	wg.Go(func() { se.tick(inner) })
	wg.Go(func() { se.commitAgainAndAgain(inner) })
	wg.Go(func() { se.watch(inner) })
	se.poll(ctx)
	if !se.lease.valid() {
		stop() // nothing more is to be committed, and a commit under way would be waited for
	}
	se.calls.Lock()
	se.ended = true
	se.calls.Unlock()
	var all []int32
	for p := range se.owned() {
		all = append(all, p.n)
	}
	se.release(all)
	stop()
	wg.Wait()
	se.endStandbys()
	se.remember(se.member)
	if se.stage.leaving() {
		se.leave()
	}
	return nil
}

// owned goes over the partitions of this member.
func (se *session) owned() iter.Seq[*part] {
	return func(yield func(*part) bool) {
		for i := range se.parts {
			if p := se.parts[i].Load(); p != nil && !yield(p) {
				return
			}
		}
	}
}

// poll hands fetched records to the feeds until ctx ends.
//
// A partition is fetched from the moment this loop itself has opened its feed: records of an earlier time at which the
// partition was this member's too, which may have been under way when it was given away, find no open feed.
func (se *session) poll(ctx context.Context) {
	for ctx.Err() == nil {
		turn, wake := context.WithCancel(ctx)
		se.wakePoll.Store(&wake)
		for more := true; more; {
			select {
			case p := <-se.ready:
				se.openFeed(p)
			default:
				more = false
			}
		}
		fetches := se.member.PollRecords(turn, 4_000)
		wake()
		fetches.EachError(func(_ string, p int32, err error) {
			if ctx.Err() == nil && !errors.Is(err, context.Canceled) {
				se.stage.fail(se.fetchError(p, err))
			}
		})
		fetches.EachPartition(func(ft kgo.FetchTopicPartition) {
			if len(ft.Records) == 0 { // an error, of a partition that need not exist
				return
			}
			if p := se.parts[ft.Partition].Load(); p != nil && p.open.Load() {
				p.feed.push(ft.Records)
			}
		})
	}
}

// openFeed begins to fetch a partition, unless it was given away meanwhile: then it is not this member's, or it is again,
// and the newer part's turn has yet to come.
func (se *session) openFeed(p *part) {
	se.opening.Lock()
	defer se.opening.Unlock()
	if se.parts[p.n].Load() != p {
		return
	}
	p.open.Store(true)
	p.task.opened()
	se.pause(p.n, false)
}

func (se *session) fetchError(part int32, err error) error {
	switch {
	case errors.Is(err, kerr.OffsetOutOfRange):
		return fmt.Errorf("%w: %s/%d", ErrInputLost, se.input, part)
	case errors.Is(err, kerr.FencedInstanceID):
		return se.fenced()
	}
	return fmt.Errorf("reading %s/%d: %w", se.input, part, err)
}

// fenced is the error of a member whose name was taken by another process.
func (se *session) fenced() error {
	se.lease.end()
	return fmt.Errorf("%w: another process runs as instance %q of group %s; give each process an instance of its own", ErrFenced, se.instance, se.group)
}

// ErrFenced says that another process has joined under this one's name. The process must end: it cannot tell how long
// it has been replaced.
var ErrFenced = errors.New("streams: replaced by another process")

func (se *session) pause(part int32, on bool) {
	which := map[string][]int32{se.input: {part}}
	if on {
		se.member.PauseFetchPartitions(which)
	} else {
		se.member.ResumeFetchPartitions(which)
	}
}

// tick closes the epochs of all tasks again and again, and rings their timers.
func (se *session) tick(ctx context.Context) {
	ticker := time.NewTicker(se.cfg.Tick)
	defer ticker.Stop()
	for {
		select {
		case now := <-ticker.C:
			se.lease.tick()
			for p := range se.owned() {
				p.task.tick(p.feed.behind())
				p.ring(now)
			}
			if !se.lease.valid() {
				se.stage.fail(errLeaseOver)
			}
		case <-ctx.Done():
			return
		}
	}
}

// close ends all connections. Nothing is written afterwards: what the producer still holds is dropped. The member may
// have to leave the group, for which it has a moment.
func (se *session) close() {
	se.lease.end()
	if se.hangUp != nil {
		time.AfterFunc(se.cfg.heartbeat(), se.hangUp)
	}
	for _, cl := range []*kgo.Client{se.producer, se.member, se.admin} {
		if cl != nil {
			cl.CloseAllowingRebalance()
		}
	}
}
