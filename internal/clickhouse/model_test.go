package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/IBM/sarama"
	"github.com/cenkalti/backoff/v5"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// The model runs the code of claims and writers over one partition, in a world where an owner can be killed, or frozen
// and woken when others own the partition, before and after each step that reaches outside. Who runs when, and what
// goes wrong, is drawn from the seed; only one owner runs at a time, so a seed always gives the same run.
type world struct {
	rng     *rand.Rand
	log     []*sarama.ConsumerMessage
	codec   fakeCodec
	rules   rules
	table   *fakeTable
	graves  *fakeGraveyard
	clock   time.Time
	running *owner
	asleep  []*owner

	// The committed offset, as the coordinator keeps it.
	generation int
	committed  int64
	meta       string

	// What was seen to happen.
	crashes, freezes, refusals, replayedRanges, restarts int
	wrong                                                error // a step that must never happen
}

// rules can be switched off, to show that the model notices.
type rules struct {
	announce bool // announcements are committed
	origins  bool // vectors are committed
	fence    bool // commits of former owners are refused
	atFirst  bool // announcements carry the vector as of the first record, not the last
	runs     bool // runs of the server are told apart
	rows     bool // rows are looked for before tokens change
	settled  bool // inserts under way are waited for
}

var allRules = rules{announce: true, origins: true, fence: true, atFirst: true, runs: true, rows: true, settled: true}

// modelTable is the table as one owner reaches it, as far as the rules say. Inserts go over the connection on which the
// server was last asked who it is: one that a frozen owner holds leads to a server that is gone.
type modelTable struct {
	*fakeTable
	*world
	run *uint64
}

func (t modelTable) Server(ctx context.Context) (uint64, error) {
	n, err := t.fakeTable.Server(ctx)
	if err == nil {
		*t.run = n - 1
	}
	if !t.rules.runs {
		n = 1
	}
	return n, err
}

func (t modelTable) Insert(ctx context.Context, b *Block) error {
	return t.fakeTable.Insert(context.WithValue(ctx, connected{}, t.run), b)
}

func (t modelTable) Rows(ctx context.Context, b *Block) (uint64, error) {
	if !t.rules.rows {
		return 0, nil
	}
	return t.fakeTable.Rows(ctx, b)
}

func (t modelTable) Inserting(ctx context.Context, b *Block) (bool, error) {
	if !t.rules.settled {
		return false, nil
	}
	return t.fakeTable.Inserting(ctx, b)
}

// owner is one membership of the group that owns the partition, until it crashes, freezes or has read everything.
type owner struct {
	generation int
	resume     chan struct{}
	stopped    chan stop
}

type stop int

const (
	ended stop = iota // read everything, lost the partition, or was killed
	froze
	yielded // lets sleepers move, then goes on
)

type killed struct{}

// endOfRun is long after the end of any run that goes on: 30,000 steps.
var endOfRun = time.UnixMilli(30_000)

var (
	// errAway is what a server says that does not answer; the insert may have happened.
	errAway = errors.New("no answer")
	// errView is what it says when a view fails that comes after the table.
	errView = &ch.Exception{Code: 395, Message: "while pushing to view"}
)

// maybe is called before and after each step of an owner that reaches outside.
func (w *world) maybe() {
	w.clock = w.clock.Add(time.Millisecond)
	if w.wrong == nil && w.clock.After(endOfRun) {
		w.wrong = errors.New("it never ends")
	}
	if w.wrong != nil {
		panic(killed{})
	}
	self := w.running
	switch n := w.rng.IntN(100); {
	case n < 4:
		w.crashes++
		panic(killed{})
	case n < 7:
		w.freezes++
		self.stopped <- froze
		<-self.resume
	case n < 12:
		self.stopped <- yielded
		<-self.resume
	case n < 14:
		w.restarts++
		w.table.restart()
	}
}

// modelLedger commits for one owner.
type modelLedger struct {
	*world
	owner *owner
}

func (l modelLedger) commit(_ context.Context, at checkpoint) error {
	w := l.world
	w.maybe()
	if w.rules.fence && l.owner.generation != w.generation {
		w.refusals++
		return commits.ErrRefused
	}
	meta := at.meta
	if !w.rules.origins {
		meta.Vector = nil
	}
	if !w.rules.atFirst && meta.Announced != nil {
		meta.Vector = l.vectorAfter(at)
	}
	if meta.Announced == nil || w.rules.announce {
		w.committed, w.meta = at.next, meta.Encode()
	}
	w.maybe()
	return nil
}

// vectorAfter is what an announcement would carry that was made after the batch instead of before it.
func (w *world) vectorAfter(at checkpoint) map[schemas.Source]schemas.Mark {
	b := newBatch(PostEvents, at)
	for _, m := range w.log[at.next : at.meta.Announced.Last+1] {
		in, err := PostEvents.judge(w.codec, m)
		if err != nil {
			panic(err)
		}
		b.add(in)
	}
	return b.vector
}

// newWorld draws a log: two upstream partitions whose records repeat after each of their crashes, three months, bytes
// nobody can read and activities that cannot be rows.
func newWorld(seed uint64, r rules) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 3)), rules: r, table: newFakeTable(), graves: &fakeGraveyard{}, codec: fakeCodec{}, clock: time.UnixMilli(0)}
	w.table.fault = func(step string, _ *Block) error {
		w.maybe()
		switch n := w.rng.IntN(100); {
		case n < 7:
			return errAway
		case n < 10 && step == "before the view":
			return errView
		}
		return nil
	}
	w.table.twice = !r.settled
	w.table.takes = w.mustBeAnnounced
	w.table.asked = func() error {
		w.maybe()
		if w.rng.IntN(100) < 7 {
			return errAway
		}
		return nil
	}
	w.table.refuses = func(r Row) bool { return eventOf(r.Record).DwellMS < 0 }
	w.graves.fault = func() error {
		w.maybe()
		if w.rng.IntN(100) < 20 {
			return errAway
		}
		return nil
	}
	upstream := [2]int64{}
	for len(w.log) < 120 {
		source := w.rng.IntN(2)
		if w.rng.IntN(12) == 0 {
			upstream[source] = max(0, upstream[source]-int64(w.rng.IntN(8)))
		}
		w.append(source, upstream[source])
		upstream[source]++
	}
	return w
}

// append appends what the upstream partition emits for its input at offset: the same each time.
func (w *world) append(source int, offset int64) {
	kind := rand.New(rand.NewPCG(uint64(source), uint64(offset)))
	var value any
	a := activity(fmt.Sprintf("%d/%d", source, offset), december-int64(kind.IntN(90))*24*time.Hour.Milliseconds(), from(int32(source), offset))
	a.PostID = fmt.Sprint("p", kind.IntN(5))
	switch n := kind.IntN(20); n {
	case 0:
		value = &schemas.Unreadable{Reason: schemas.ReasonMalformed}
	case 1:
		a.Action = engagement.None
		value = a
	case 2:
		a.DwellMS = -1 // refused by the table only
		value = a
	default:
		value = a
	}
	key := strconv.Itoa(len(w.log))
	w.codec[key] = value
	w.log = append(w.log, &sarama.ConsumerMessage{Offset: int64(len(w.log)), Value: []byte(key)})
}

// fakeCodec decodes the names of values.
type fakeCodec map[string]any

func (c fakeCodec) Encode(any) ([]byte, error)      { return nil, errors.New("not needed") }
func (c fakeCodec) Decode(data []byte) (any, error) { return c[string(data)], nil }

// mustBeAnnounced checks what the whole protocol rests on: rows that are not in the table yet are sent only while the
// coordinator holds the announcement of exactly their range.
func (w *world) mustBeAnnounced(b *Block) {
	meta, err := schemas.DecodeCommitMeta(w.meta)
	if err != nil {
		panic(err)
	}
	a, as := meta.Announced, schemas.AnnouncedBlock{Part: b.Part, First: b.First, Last: b.Last, Attempt: b.Attempt}
	if !w.table.tokens[b.Token()] && (a == nil || !slices.Contains(a.Blocks, as) || w.committed != a.First) {
		w.wrong = fmt.Errorf("%s is sent while %d is committed with %+v", b.Token(), w.committed, a)
	}
}

// run lets owners follow each other until everything is committed and everybody has woken up.
func (w *world) run() {
	for w.committed < int64(len(w.log)) && w.wrong == nil {
		w.generation++
		w.step(w.start())
		if w.rng.IntN(3) == 0 {
			w.wake()
		}
	}
	for len(w.asleep) > 0 {
		w.generation++ // nobody owns anything any more
		w.wake()
	}
}

// step runs an owner until it stops for good or freezes; it may yield on the way.
func (w *world) step(o *owner) {
	for {
		w.running = o
		o.resume <- struct{}{}
		switch <-o.stopped {
		case ended:
			return
		case froze:
			w.asleep = append(w.asleep, o)
			return
		case yielded:
			w.wake()
		}
	}
}

func (w *world) wake() {
	if len(w.asleep) == 0 {
		return
	}
	i := w.rng.IntN(len(w.asleep))
	o := w.asleep[i]
	w.asleep = append(w.asleep[:i], w.asleep[i+1:]...)
	w.step(o)
}

// start takes the partition over.
func (w *world) start() *owner {
	o := &owner{w.generation, make(chan struct{}), make(chan stop)}
	meta, err := schemas.DecodeCommitMeta(w.meta)
	if err != nil {
		panic(err)
	}
	if meta.Announced != nil {
		w.replayedRanges++
	}
	at := checkpoint{w.committed, meta}
	go func() {
		<-o.resume
		defer func() {
			if p := recover(); p != nil && p != any(killed{}) {
				panic(p)
			}
			o.stopped <- ended
		}()
		w.own(o, at)
	}()
	return o
}

func (w *world) own(o *owner, at checkpoint) {
	messages := make(chan *sarama.ConsumerMessage, len(w.log))
	for _, m := range w.log[at.next:] {
		messages <- m
	}
	close(messages)
	c := &claim{
		mapping:  PostEvents,
		messages: messages,
		codec:    w.codec,
		gap:      func(want, got int64) error { return fmt.Errorf("gap from %d to %d", want, got) },
		writer: &writer{
			ledger: modelLedger{w, o}, table: modelTable{w.table, w, new(uint64)}, dead: w.graves, topicID: "t", insist: w.insist,
			now: func() time.Time { return w.clock }, valid: 30 * time.Millisecond,
		},
	}
	// Each batch ends where a clock would have ended it: anywhere.
	draw := func(next int64) {
		left := len(w.log) - int(next)
		c.limits = Limits{Records: min(left, 1+w.rng.IntN(20)), Bytes: 1 << 20, Parts: 1 + w.rng.IntN(3), Age: time.Hour}
	}
	draw(at.next)
	c.wrote = func(at checkpoint) { draw(at.next) }
	if err := c.run(context.Background(), context.Background(), at); !errors.Is(err, errSessionOver) && !errors.Is(err, commits.ErrRefused) {
		w.wrong = err
	}
}

// insist tries again at once. What is still under way belongs to somebody who sleeps, or has let this one move.
func (w *world) insist(ctx context.Context, _ string, do func(context.Context) error) error {
	for {
		err := do(ctx)
		var final *backoff.PermanentError
		switch {
		case err == nil:
			return nil
		case errors.As(err, &final):
			return final.Unwrap()
		case errors.Is(err, errRunning), errors.Is(err, errSameID):
			self := w.running
			if w.rng.IntN(2) == 0 {
				self.stopped <- yielded
			} else {
				self.stopped <- froze
			}
			<-self.resume
		}
	}
}
