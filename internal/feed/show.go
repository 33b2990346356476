package feed

import (
	"github.com/nova-social/nova-streams/internal/domain/homefeed"
	"github.com/nova-social/nova-streams/internal/timeline"
)

// Page is a page as readers get it.
type Page struct {
	AsOf  int64 // Unix ms: of which moment the order is
	Items []Item
	Next  string // cursor of the next page, empty at the end
}

// Item is a post of a page. Post and Author are of now; where nothing is known of them they have ids only, if those.
type Item struct {
	Post   *timeline.Post
	Author *timeline.Name
	Reason homefeed.Reason
	Worth  string // what the post was worth to the reader: the members score, freshness, engagement and affinity of a JSON object
}

// show fills a page in. What is hidden by now is left out, and so is what was there because the reader followed its author,
// and no longer does, unless it was trending as well.
func (f *Feed) show(readerID string, p *page) Page {
	out := Page{AsOf: p.AsOf, Items: make([]Item, 0, len(p.Posts)), Next: p.Next}
	look := f.Lists.Look(readerID)
	defer look.Close()
	for i := range p.Posts {
		e := &p.Posts[i]
		card := look.Card(e.PostID, e.AuthorID)
		reason := homefeed.Trending
		if e.Followed && look.Follows(&card) {
			reason = homefeed.Followed
		}
		if card.Hidden || reason == homefeed.Trending && !e.Trending {
			continue
		}
		out.Items = append(out.Items, Item{card.Post, card.Author, reason, e.Worth})
	}
	f.Metrics.shown(len(out.Items), len(p.Posts))
	return out
}
