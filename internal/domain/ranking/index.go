package ranking

import (
	"sync"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Index ranks posts. Its methods may be called from several goroutines at once.
type Index struct {
	window  engagement.Window
	weights engagement.Weights
	hidden  func(postID string) bool // nil for none

	mu      sync.Mutex
	entries []entry        // dense, in no order: Top reads all of them
	places  map[string]int // post id -> place in entries
}

// NewIndex returns an empty index. w and weights must be valid.
func NewIndex(w engagement.Window, weights engagement.Weights) *Index {
	return &Index{window: w, weights: weights, places: make(map[string]int)}
}

// Hide leaves posts out of the ranking for as long as hidden says so. It is asked of few more posts than are ranked, and
// must not use the index. To be called before anything else.
func (x *Index) Hide(hidden func(postID string) bool) { x.hidden = hidden }

// Update sets the buckets of a post, ascending by Start; they are copied. A post without buckets is removed.
func (x *Index) Update(postID string, buckets []engagement.Bucket) {
	x.mu.Lock()
	defer x.mu.Unlock()
	place, known := x.places[postID]
	if len(buckets) == 0 {
		if known {
			x.remove(place)
		}
		return
	}
	if !known {
		place = len(x.entries)
		x.places[postID] = place
		x.entries = append(x.entries, entry{item: Item{PostID: postID}})
	}
	e := &x.entries[place]
	e.buckets = append(e.buckets[:0], buckets...)
	e.forget()
}

// Remove takes a post out of the index.
func (x *Index) Remove(postID string) { x.Update(postID, nil) }

// Len returns the number of posts held: those with something in the window or ahead of it, as of the latest Top.
func (x *Index) Len() int {
	x.mu.Lock()
	defer x.mu.Unlock()
	return len(x.entries)
}

// Scores returns the scores of posts within the window that ends at now, Unix ms; 0 for those that are not held. Whether
// they are hidden does not matter.
func (x *Index) Scores(now int64, postIDs []string) []int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	scores := make([]int64, len(postIDs))
	for i, id := range postIDs {
		if place, held := x.places[id]; held {
			e := &x.entries[place]
			e.look(x.window, x.weights, now)
			scores[i] = e.item.Score
		}
	}
	return scores
}

// Top returns the first k > 0 posts of the ranking at now, fewer if fewer have any count within the window. Posts whose
// last bucket has left the window leave the index, so a later call with an earlier now no longer sees them.
func (x *Index) Top(now int64, k int) []Item {
	x.mu.Lock()
	defer x.mu.Unlock()
	best := selection{k: k, hidden: x.hidden}
	for i := 0; i < len(x.entries); {
		e := &x.entries[i]
		e.look(x.window, x.weights, now)
		if e.over() {
			x.remove(i) // the last entry moves here: look at this place again
			continue
		}
		if e.item.Counts != (engagement.Counts{}) {
			best.offer(&e.item)
		}
		i++
	}
	return best.sorted()
}

// remove takes out the entry at place and puts the last one there.
func (x *Index) remove(place int) {
	end := len(x.entries) - 1
	delete(x.places, x.entries[place].item.PostID)
	if place != end {
		x.entries[place] = x.entries[end]
		x.places[x.entries[place].item.PostID] = place
	}
	x.entries[end] = entry{}
	x.entries = x.entries[:end]
}
