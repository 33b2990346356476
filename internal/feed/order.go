package feed

import "github.com/nova-social/nova-streams/internal/domain/homefeed"

// order is a whole feed, best first, as it lies in a snapshot.
type order struct {
	AsOf  int64 // Unix ms
	Posts []entry
}

// entry is a post of a feed, and why it is there.
type entry struct {
	PostID   string
	AuthorID string
	Followed bool   // the reader followed the author
	Trending bool   // it was on the trending list
	Worth    string // see Item
}

// page is a page as it lies in the cache: an order of what is on it.
type page struct {
	order
	Next string // cursor
}

// page returns the page of those that are not shown yet, and notes that they are.
func (o *order) page(c homefeed.Config, r Request, snapshot uint64, shown []bool) *page {
	p := &page{order: order{AsOf: o.AsOf, Posts: []entry{}}}
	for _, i := range o.cut(c, shown, r.Limit) {
		shown[i] = true
		p.Posts = append(p.Posts, o.Posts[i])
	}
	p.Next = cursorAfter(snapshot, shown).text(r.ReaderID)
	return p
}

// skip returns what is shown on the pages before an offset.
func (o *order) skip(c homefeed.Config, r Request) []bool {
	shown := make([]bool, len(o.Posts))
	for left := r.Offset; left > 0; {
		places := o.cut(c, shown, r.Limit)
		if len(places) == 0 {
			break
		}
		places = places[:min(left, len(places))]
		for _, i := range places {
			shown[i] = true
		}
		left -= len(places)
	}
	return shown
}

// shown returns the posts that are.
func (o *order) shown(is []bool) []entry {
	var posts []entry
	for i, e := range o.Posts {
		if is[i] {
			posts = append(posts, e)
		}
	}
	return posts
}

// cut returns the places of the next page.
func (o *order) cut(c homefeed.Config, shown []bool, limit int) []int {
	return c.Page(func(yield func(int, string) bool) {
		for i := range o.Posts {
			if !shown[i] && !yield(i, o.Posts[i].AuthorID) {
				return
			}
		}
	}, limit)
}
