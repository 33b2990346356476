package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/nova-social/nova-streams/schemas"
)

// fakeTable is post_events and one view over it, as far as tokens go: a block whose token the table knows is dropped
// without an error, whatever is in it; the view knows tokens by itself and catches up when it fell behind.
type fakeTable struct {
	// fault is asked before each step of an insert; an error ends the insert there. nil for none.
	fault func(step string, b *Block) error
	// takes is told of each block the server has begun to keep; nil for none.
	takes func(b *Block)
	// refuses says which rows the table does not take; nil for none.
	refuses func(Row) bool
	// asked is called before each question; an error is its answer. nil for none.
	asked func() error

	mu       sync.Mutex
	run      uint64          // of the server, less one
	under    map[string]bool // tokens of inserts under way
	twice    bool            // the server works on one insert twice at a time
	rows     []tableRow
	view     map[string]int // rows by part and post
	tokens   map[string]bool
	viewSeen map[string]bool
	inserts  int
	repeats  int
	attempts int // inserts under fresh tokens that kept their rows
	refusals int
}

type tableRow struct {
	part      string
	partition int32
	topicID   string
	Row
	before uint64 // of its insert
	of     int    // rows of its insert
}

var _ Table = (*fakeTable)(nil)

func newFakeTable() *fakeTable {
	return &fakeTable{view: map[string]int{}, under: map[string]bool{}, tokens: map[string]bool{}, viewSeen: map[string]bool{}}
}

func (t *fakeTable) step(name string, b *Block) error {
	if t.fault == nil {
		return nil
	}
	return t.fault(name, b)
}

func (t *fakeTable) Insert(ctx context.Context, b *Block) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, r := range b.Rows {
		if part := month(eventOf(r.Record).EventTime); part != b.Part {
			return fmt.Errorf("row of %s in a block of %s", part, b.Part)
		}
	}
	run := connection(ctx, t.runs())
	alive := func(step string) error { // what was sent to a server that has started anew since is gone
		err := t.step(step, b)
		if err == nil && t.runs() != run {
			err = errAway
		}
		return err
	}
	if err := alive("before the table"); err != nil {
		return err
	}
	if !t.begins(b) {
		return errSameID
	}
	defer t.ends(b)
	t.mu.Lock()
	t.inserts++
	if t.refuses != nil && slices.ContainsFunc(b.Rows, t.refuses) {
		t.refusals++
		t.mu.Unlock()
		return errConstraint
	}
	if t.takes != nil {
		t.takes(b)
	}
	known := t.tokens[b.Token()]
	t.tokens[b.Token()] = true
	if known {
		t.repeats++
	}
	t.mu.Unlock()
	if !known {
		if err := t.keep(b, run, alive); err != nil {
			return err
		}
	}
	if err := alive("before the view"); err != nil {
		return err
	}
	t.mu.Lock()
	if !t.viewSeen[b.Token()] {
		t.viewSeen[b.Token()] = true
		for _, r := range b.Rows {
			t.view[b.Part+" "+eventOf(r.Record).PostID]++
		}
	}
	t.mu.Unlock()
	return alive("before the answer")
}

// keep keeps the rows of a block whose token was noted, whatever becomes of who sent it, unless the server is killed.
func (t *fakeTable) keep(b *Block, run uint64, alive func(string) error) error {
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.run != run {
			return
		}
		if b.Attempt > 0 {
			t.attempts++
		}
		for _, r := range b.Rows {
			t.rows = append(t.rows, tableRow{b.Part, b.Partition, b.TopicID, r, b.Before, len(b.Rows)})
		}
	}()
	return alive(betweenTokenAndRows)
}

func (t *fakeTable) Holds(_ context.Context, _ *Mapping, topicID string, partition int32) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.rows, func(r tableRow) bool { return r.topicID == topicID && r.partition == partition }), nil
}

// betweenTokenAndRows is the step at which a server that is killed has noted a token and kept no rows.
const betweenTokenAndRows = "between token and rows"

// errConstraint is what the server says of rows it does not take.
var errConstraint = &ch.Exception{Code: 469, Message: "Constraint is violated"}

// errSameID is what the server says of an insert that it works on already: tokens are the ids of inserts.
var errSameID = &ch.Exception{Code: 216, Message: "Query with the same id is already running"}

func (t *fakeTable) begins(b *Block) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.under[b.Token()] && !t.twice {
		return false
	}
	t.under[b.Token()] = true
	return true
}

func (t *fakeTable) ends(b *Block) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.under, b.Token())
}

// connected says to which run of the server the connection leads that inserts are sent on.
type connected struct{}

func connection(ctx context.Context, now uint64) uint64 {
	if run, ok := ctx.Value(connected{}).(*uint64); ok {
		return *run
	}
	return now
}

func (t *fakeTable) runs() uint64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.run
}

// restart starts the server anew: what was under way is over.
func (t *fakeTable) restart() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.run++
}

func (t *fakeTable) ask() error {
	if t.asked == nil {
		return nil
	}
	return t.asked()
}

func (t *fakeTable) Prepare(context.Context, *Mapping, int32, []string) error { return t.ask() }

func (t *fakeTable) Breaker() string { return BreakerClosed }

func (t *fakeTable) Server(context.Context) (uint64, error) {
	if err := t.ask(); err != nil {
		return 0, err
	}
	return t.runs() + 1, nil
}

func (t *fakeTable) Inserting(_ context.Context, b *Block) (bool, error) {
	if err := t.ask(); err != nil {
		return false, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.under[b.Token()], nil
}

func (t *fakeTable) Rows(_ context.Context, b *Block) (n uint64, err error) {
	if err := t.ask(); err != nil {
		return 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, r := range t.rows {
		if r.topicID == b.TopicID && r.partition == b.Partition && r.part == b.Part && r.Offset >= b.First && r.Offset <= b.Last {
			n++
		}
	}
	return n, nil
}

// chained reports the first gap or overlap in the chain of inserts of a partition.
func (t *fakeTable) chained(partition int32) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	inserts := map[uint64]int{} // rows by where the insert begins
	for _, r := range t.rows {
		if r.partition != partition {
			continue
		}
		if n, known := inserts[r.before]; known && n != r.of {
			return fmt.Errorf("two inserts begin at row %d, of %d and %d rows", r.before, n, r.of)
		}
		inserts[r.before] = r.of
	}
	next := uint64(0)
	for _, before := range slices.Sorted(maps.Keys(inserts)) {
		if before != next {
			return fmt.Errorf("an insert begins at row %d, the one before ends at %d", before, next)
		}
		next += uint64(inserts[before])
	}
	return nil
}

// counts returns how often each event is in the table, and the view as it is and as a recount of the table gives it.
func (t *fakeTable) counts() (events, view, recount map[string]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	events, recount = map[string]int{}, map[string]int{}
	for _, r := range t.rows {
		events[eventOf(r.Record).EventID]++
		recount[r.part+" "+eventOf(r.Record).PostID]++
	}
	return events, maps.Clone(t.view), recount
}

// fakeGraveyard keeps letters by where the refused record lay.
type fakeGraveyard struct {
	fault func() error
	mu    sync.Mutex
	at    map[int64]int
}

func (g *fakeGraveyard) send(_ context.Context, letters []*schemas.DeadLetter) error {
	if g.fault != nil {
		if err := g.fault(); err != nil {
			return err
		}
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.at == nil {
		g.at = map[int64]int{}
	}
	for _, l := range letters {
		g.at[l.Offset]++
	}
	return nil
}
