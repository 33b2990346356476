package trending

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/ranking"
	"github.com/nova-social/nova-streams/schemas"
)

// Board is the trending list. Its methods may be called from several goroutines at once.
type Board struct {
	cfg     Config
	window  engagement.Window
	index   *ranking.Index
	metrics *Metrics
	read    func() []int64

	mu          sync.Mutex
	current     *Snapshot            // nil before the first sort
	recent      map[uint64]*Snapshot // by order: the latest snapshot of each list that can still be paged
	subscribers map[chan *Snapshot]struct{}
}

// New returns an empty board. The configuration must be valid; metrics may be nil.
func New(cfg Config, w engagement.Window, weights engagement.Weights, metrics *Metrics) *Board {
	return &Board{
		cfg: cfg, window: w, index: ranking.NewIndex(w, weights), metrics: metrics, read: func() []int64 { return nil },
		recent: make(map[uint64]*Snapshot), subscribers: make(map[chan *Snapshot]struct{}),
	}
}

// Hide leaves posts off the list, from the next tick on, for as long as hidden says so. To be called before Run.
func (b *Board) Hide(hidden func(postID string) bool) { b.index.Hide(hidden) }

// Follow has read say how far the table has been read of which Update and Delete tell. To be called before Run.
func (b *Board) Follow(read func() []int64) { b.read = read }

// Update takes the latest row of a post. It keeps nothing of it.
func (b *Board) Update(postID string, row *schemas.ScoreRow) { b.index.Update(postID, row.Buckets) }

// Delete takes a post off the list.
func (b *Board) Delete(postID string) { b.index.Remove(postID) }

// Run sorts the list on every tick until ctx ends, and returns nil. now is the clock. Nothing is shown before
// recovered has said once that the table is read: half a table is a wrong list.
func (b *Board) Run(ctx context.Context, now func() time.Time, recovered func() bool) error {
	tick := time.NewTicker(b.cfg.Tick)
	defer tick.Stop()
	for ready := false; ; {
		if ready = ready || recovered(); ready {
			start := now()
			b.Refresh(start.UnixMilli())
			b.metrics.sorted(now().Sub(start), b.index.Len())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Refresh sorts the list as of now, Unix ms, and hands it to the subscribers if anything in it changed. Run does this;
// tests with a clock of their own call it instead.
func (b *Board) Refresh(now int64) {
	read := b.read() // before it is sorted
	snapshot := newSnapshot(now, b.window.Length, b.index.Top(now, b.cfg.ListSize))
	snapshot.Read = read
	b.mu.Lock()
	defer b.mu.Unlock()
	changed := b.current == nil || !slices.Equal(b.current.Items, snapshot.Items)
	b.current = snapshot
	b.recent[snapshot.order] = snapshot
	for order, old := range b.recent {
		if old.AsOf < now-b.cfg.CursorTTL.Milliseconds() {
			delete(b.recent, order)
		}
	}
	if !changed {
		return
	}
	for updates := range b.subscribers {
		hand(updates, snapshot)
	}
}

// Snapshot returns the list as of the latest tick, or nil before the first.
func (b *Board) Snapshot() *Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.current
}

// Scores returns the scores of posts in the window that ends at now (Unix ms), in tenths of a point, whether they are on the
// list or not. They are of the latest rows, not of the latest tick.
func (b *Board) Scores(now int64, postIDs []string) []int64 { return b.index.Scores(now, postIDs) }

// Page returns limit items of the list: from the top of the latest one if after is empty, else from where that cursor
// says, in the list the cursor was given for. It fails with ErrNotReady, ErrBadCursor or ErrCursorExpired.
func (b *Board) Page(after string, limit int) (Page, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.current == nil {
		return Page{}, ErrNotReady
	}
	if after == "" {
		return b.current.Page(0, limit), nil
	}
	c, err := parseCursor(after)
	if err != nil {
		return Page{}, err
	}
	snapshot, kept := b.recent[c.order]
	if !kept {
		return Page{}, ErrCursorExpired
	}
	if c.offset == 0 || int(c.offset) >= len(snapshot.Items) {
		return Page{}, ErrBadCursor
	}
	return snapshot.Page(int(c.offset), limit), nil
}

// Subscribe returns a channel that holds the latest snapshot not yet taken, from the one in force on, and a function
// that ends the subscription. The channel is never closed.
func (b *Board) Subscribe() (updates <-chan *Snapshot, cancel func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := make(chan *Snapshot, 1)
	if b.current != nil {
		c <- b.current
	}
	b.subscribers[c] = struct{}{}
	return c, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.subscribers, c)
	}
}

// hand puts the snapshot in place of one that was not taken. Only the board sends, so there is always room.
func hand(updates chan *Snapshot, snapshot *Snapshot) {
	select {
	case <-updates:
	default:
	}
	updates <- snapshot
}
