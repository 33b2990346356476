package timeline

import (
	"container/heap"
	"slices"
)

// Recent returns whom a user follows, those who are deleted included, and the newest posts of them that readers see: those
// until a moment (Unix ms), at most limit, at most each of one author, without those that skip names. The newest is first.
// skip must not use the index. Of a user who is not known, or deleted, it returns nothing.
func (x *Index) Recent(userID string, until int64, limit, each int, skip func(postID string) bool) (posts []Post, followees []string) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := x.nodes[userID]
	if n == nil || n.gone {
		return nil, nil
	}
	newest := oldestFirst(make([]*post, 0, limit))
	n.following.each(func(e *edge) bool {
		followees = append(followees, e.followee.id)
		if !e.followee.gone && e.followee != n {
			newest.offer(e.followee, until, limit, each, skip)
		}
		return true
	})
	slices.SortFunc(newest, func(a, b *post) int {
		if newerPost(a, b) {
			return -1
		}
		return 1
	})
	posts = make([]Post, len(newest))
	for i, p := range newest {
		posts[i] = p.Post
	}
	return posts, followees
}

// offer takes the posts of an author that are newer than the oldest taken so far, or while there is room.
func (h *oldestFirst) offer(author *node, until int64, limit, each int, skip func(postID string) bool) {
	taken := 0
	author.posts.from(&post{Post: Post{CreatedAt: until + 1}}, func(p *post) bool {
		switch {
		case len(*h) == limit && !newerPost(p, (*h)[0]):
			return false // nor are the author's others
		case skip(p.ID):
			return true
		case len(*h) == limit:
			(*h)[0] = p
			heap.Fix(h, 0)
		default:
			heap.Push(h, p)
		}
		taken++
		return taken < each
	})
}

// oldestFirst is a heap of posts.
type oldestFirst []*post

// Len implements heap.Interface.
func (h oldestFirst) Len() int { return len(h) }

// Less implements heap.Interface.
func (h oldestFirst) Less(i, j int) bool { return newerPost(h[j], h[i]) }

// Swap implements heap.Interface.
func (h oldestFirst) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *oldestFirst) Push(p any) { *h = append(*h, p.(*post)) } //nolint:errcheck // nothing else is pushed

// Pop implements heap.Interface.
func (h *oldestFirst) Pop() any { panic("timeline: nothing is taken from this heap") }

// Followees returns how many users a user follows, those who are deleted included.
func (x *Index) Followees(userID string) int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	n := x.nodes[userID]
	if n == nil {
		return 0
	}
	return n.following.size()
}

// Authors returns how many of some posts each author wrote. Posts that there are not, or no more, count for nobody.
func (x *Index) Authors(postIDs []string) map[string]int {
	x.mu.RLock()
	defer x.mu.RUnlock()
	wrote := map[string]int{}
	for _, id := range postIDs {
		if p := x.posts[id]; p != nil && p.author != nil {
			wrote[p.author.id]++
		}
	}
	return wrote
}
