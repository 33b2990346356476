package ranking

import (
	"cmp"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Item is one post in a ranking.
type Item struct {
	PostID string
	Score  int64             // tenths of a point
	Counts engagement.Counts // within the window
	Last   int64             // Unix ms of the latest engagement within the window
}

// Compare orders items from the top: higher score, then newer last engagement, then smaller post id. It is 0 only for
// the same post, so a ranking has one order.
func Compare(a, b Item) int { return compare(&a, &b) }

// compare is Compare without the copies. The score decides most pairs, so the rest is looked at only if it must be.
func compare(a, b *Item) int {
	if a.Score != b.Score {
		return cmp.Compare(b.Score, a.Score)
	}
	return cmp.Or(cmp.Compare(b.Last, a.Last), cmp.Compare(a.PostID, b.PostID))
}
