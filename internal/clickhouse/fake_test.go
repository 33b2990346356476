package clickhouse

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/nova-social/nova-streams/schemas"
)

// fakeTable is post_events and one view over it, as far as tokens go: a block whose token the table knows is dropped
// without an error, whatever is in it; the view knows tokens by itself and catches up when it fell behind.
type fakeTable struct {
	// fault is asked before each step of an insert; an error ends the insert there. nil for none.
	fault func(step string, b *Block) error

	mu       sync.Mutex
	rows     []tableRow
	view     map[string]int // rows by part and post
	tokens   map[string]bool
	viewSeen map[string]bool
	inserts  int
	repeats  int
}

type tableRow struct {
	part      string
	partition int32
	topicID   string
	Row
}

var _ Table = (*fakeTable)(nil)

func newFakeTable() *fakeTable {
	return &fakeTable{view: map[string]int{}, tokens: map[string]bool{}, viewSeen: map[string]bool{}}
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
		if tablePart(r.EventTime) != b.Part {
			return fmt.Errorf("row of %s in a block of %s", tablePart(r.EventTime), b.Part)
		}
	}
	if err := t.step("before the table", b); err != nil {
		return err
	}
	t.mu.Lock()
	t.inserts++
	if t.tokens[b.Token()] {
		t.repeats++
	} else {
		t.tokens[b.Token()] = true
		for _, r := range b.Rows {
			t.rows = append(t.rows, tableRow{b.Part, b.Partition, b.TopicID, r})
		}
	}
	t.mu.Unlock()
	if err := t.step("before the view", b); err != nil {
		return err
	}
	t.mu.Lock()
	if !t.viewSeen[b.Token()] {
		t.viewSeen[b.Token()] = true
		for _, r := range b.Rows {
			t.view[b.Part+" "+r.PostID]++
		}
	}
	t.mu.Unlock()
	return t.step("before the answer", b)
}

func (t *fakeTable) Holds(_ context.Context, topicID string, partition int32) (bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.ContainsFunc(t.rows, func(r tableRow) bool { return r.topicID == topicID && r.partition == partition }), nil
}

// counts returns how often each event is in the table, and the view as it is and as a recount of the table gives it.
func (t *fakeTable) counts() (events, view, recount map[string]int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	events, recount = map[string]int{}, map[string]int{}
	for _, r := range t.rows {
		events[r.EventID]++
		recount[r.part+" "+r.PostID]++
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
