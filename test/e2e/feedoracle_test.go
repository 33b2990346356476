package e2e

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// feed works out the feed of a reader as of a moment, page by page: it looks at every post there is.
func (o *feedOracle) feed(reader string, asOf time.Time) (feed []feedItem) {
	c := o.s.cfg.Feed
	type candidate struct {
		feedItem
		author  string
		created int64
		worth   float64
	}
	var recent, all []candidate
	for author, posts := range o.posts {
		var own []candidate
		for id, created := range posts {
			if author != reader && !o.seen[reader][id] {
				own = append(own, candidate{feedItem{id, "trending"}, author, created, o.worth(reader, id, created, asOf)})
			}
		}
		if o.follows[reader][author] {
			slices.SortFunc(own, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(b.id, a.id)) })
			for i := range own {
				own[i].kind = "followed"
			}
			recent = append(recent, own[:min(len(own), c.RecentPerAuthor)]...)
			own = own[min(len(own), c.RecentPerAuthor):]
		}
		for _, p := range own {
			if len(o.counts[p.id]) > 0 { // the list has room for all of them
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(recent, func(a, b candidate) int { return cmp.Or(cmp.Compare(b.created, a.created), cmp.Compare(b.id, a.id)) })
	for i, p := range recent {
		if i < c.Recent || len(o.counts[p.id]) > 0 {
			all = append(all, p)
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(b.created, a.created), cmp.Compare(a.id, b.id))
	})
	for left := all[:min(len(all), c.Depth)]; len(left) > 0; {
		var later []candidate
		authors, page := map[string]int{}, 0
		for _, p := range left {
			if page == 20 || authors[p.author] == c.PerAuthor {
				later = append(later, p)
				continue
			}
			authors[p.author]++
			page++
			feed = append(feed, p.feedItem)
		}
		left = later
	}
	return feed
}

func (o *feedOracle) worth(reader, post string, created int64, asOf time.Time) float64 {
	c, w := o.s.cfg.Feed, o.s.cfg.Weights
	n := o.counts[post]
	score := float64(n["view"]*w.View + n["like"]*w.Like + n["comment"]*w.Comment + n["share"]*w.Share)
	reactions := 0.0
	for id := range o.reacted[reader] {
		if o.author[id] == o.author[post] {
			reactions++
		}
	}
	fresh := c.Freshness * math.Exp2(-float64(asOf.UnixMilli()-created)/float64(c.HalfLife.Milliseconds()))
	return fresh + c.Engagement*(score/(score+float64(c.HalfScore))) + c.Affinity*(reactions/(reactions+float64(c.HalfReactions)))
}
