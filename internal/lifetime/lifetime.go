// Package lifetime keeps in memory what each post has been counted since it was written, as the view of scores tells it: for
// reads of many posts at once, which would otherwise decode a whole row for each.
//
// It knows the posts that have a row, some 200 bytes each, and nothing of the trending window. It is as current as the view:
// the view's listener must have been told of a record before the view says that it has read it.
package lifetime

import (
	"sync"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// Stats are what a post has been counted.
type Stats struct {
	Counts         engagement.Counts
	LastEngagement int64 // Unix ms, 0 for none
}

// Index is what readers ask. Its methods may be called from several goroutines at once.
type Index struct {
	mu    sync.RWMutex
	posts map[string]Stats
}

// New returns an empty index.
func New() *Index { return &Index{posts: map[string]Stats{}} }

// Update takes the latest row of a post, nil for a tombstone. It keeps nothing of it.
func (x *Index) Update(postID string, row *schemas.ScoreRow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if row == nil {
		delete(x.posts, postID)
		return
	}
	x.posts[postID] = Stats{row.Lifetime, row.LastEngagement}
}

// Stats returns what a post has been counted, and false if it has no row.
func (x *Index) Stats(postID string) (Stats, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	s, found := x.posts[postID]
	return s, found
}
