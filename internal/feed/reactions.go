package feed

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/nova-social/nova-streams/schemas"
)

// Reactions is to which posts readers have reacted lately, from the rows of reactions-table. The latest row of each pair
// wins. Its methods may be called from several goroutines at once.
type Reactions struct {
	window int64 // ms: what is older when its row comes is not kept
	most   int   // posts of one reader, the newest; a quarter more until they are thinned out

	mu      sync.RWMutex
	readers map[string]map[string]int64 // reader -> post -> when, Unix ms
}

// mostReactions is how many posts a reader's affinity is counted of.
const mostReactions = 1_000

// NewReactions returns an empty index for cfg.AffinityWindow.
func NewReactions(cfg Config) *Reactions {
	return &Reactions{window: cfg.AffinityWindow.Milliseconds(), most: mostReactions, readers: map[string]map[string]int64{}}
}

// Update takes the latest row under a natural id, reader:post, as of now, Unix ms; nil for a tombstone. It keeps nothing of
// the row.
func (x *Reactions) Update(name string, row *schemas.ReactionRow, now int64) {
	ids, ok := schemas.NaturalParts(name, 2)
	if !ok {
		return // no reaction has such a name
	}
	at := reactedAt(row)
	x.mu.Lock()
	defer x.mu.Unlock()
	posts := x.readers[ids[0]]
	if at <= now-x.window {
		if delete(posts, ids[1]); len(posts) == 0 {
			delete(x.readers, ids[0])
		}
		return
	}
	if posts == nil {
		posts = map[string]int64{}
		x.readers[ids[0]] = posts
	}
	if posts[ids[1]] = at; len(posts) > x.most+x.most/4 {
		x.thin(posts)
	}
}

// thin forgets the oldest.
func (x *Reactions) thin(posts map[string]int64) {
	ids := slices.SortedFunc(maps.Keys(posts), func(a, b string) int {
		return cmp.Or(cmp.Compare(posts[b], posts[a]), cmp.Compare(a, b))
	})
	for _, id := range ids[x.most:] {
		delete(posts, id)
	}
}

// Since returns the posts to which a reader has reacted after a moment, Unix ms, in no order.
func (x *Reactions) Since(readerID string, after int64) []string {
	x.mu.RLock()
	defer x.mu.RUnlock()
	var posts []string
	for id, at := range x.readers[readerID] {
		if at > after {
			posts = append(posts, id)
		}
	}
	return posts
}

// reactedAt returns when a reader last liked or commented on a post and has not taken it back, Unix ms; 0 for never, or
// where that is not known.
func reactedAt(row *schemas.ReactionRow) (at int64) {
	if row == nil {
		return 0
	}
	if row.Like.Liked {
		at = row.Like.At
	}
	for i := range row.Comments.Known {
		if c := &row.Comments.Known[i]; !c.Deleted {
			at = max(at, c.At)
		}
	}
	for _, waiting := range row.Comments.Waiting {
		at = max(at, waiting)
	}
	return at
}
