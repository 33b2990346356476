package feed

import (
	"context"
	"math/rand/v2"
	"slices"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/domain/homefeed"
)

// make makes a page from an offset on, and keeps the order that it is from.
func (f *Feed) make(ctx context.Context, r Request) (cache.Made, error) {
	read := f.Read() // before anything is looked at: what changes from now on may be missed
	o, followees, whole := f.order(ctx, r.ReaderID)
	shown := o.skip(f.cfg.Config, r)
	above := o.shown(shown)
	id := rand.Uint64()
	p := o.page(f.cfg.Config, r, id, shown)
	// a page whose cursor holds in this process alone is not for the readers of others, nor one of posts seen before for long
	once := p.Next != "" && !f.snapshots.put(ctx, r.ReaderID, id, o) || !whole
	parts := make([]cache.Part, 0, 2+len(followees)+len(above)+len(p.Posts))
	parts = append(parts, cache.Part{Scope: cache.FollowScope, ID: r.ReaderID}, cache.Part{Scope: cache.UserScope, ID: r.ReaderID})
	authors := map[string]bool{"": true} // nobody
	add := func(author string) {
		if !authors[author] {
			authors[author] = true
			parts = append(parts, cache.Part{Scope: cache.AuthorScope, ID: author})
		}
	}
	for _, author := range followees {
		add(author)
	}
	for _, e := range slices.Concat(above, p.Posts) { // without one of those above, another would begin the page
		parts = append(parts, cache.Part{Scope: cache.PostScope, ID: e.PostID})
		add(e.AuthorID) // of a trending post: it goes when its author does
	}
	return cache.Made{Page: p.encode(), Parts: parts, Read: read, Once: once, Nothing: len(p.Posts) == 0}, nil
}

// order ranks the posts of a reader as of now, and returns whom the reader follows as well. It is whole unless posts may be there
// that the reader has seen.
func (f *Feed) order(ctx context.Context, reader string) (o *order, followees []string, whole bool) {
	now := f.Now().UnixMilli()
	seen, whole := f.seen(ctx, reader)
	posts, followees := f.Lists.Recent(reader, now, f.cfg.Recent, f.cfg.RecentPerAuthor, func(id string) bool { return seen[id] })
	request := homefeed.FeedRankingRequest{ReaderID: reader, Now: now, Seen: seen}
	for _, p := range posts {
		request.Candidates = append(request.Candidates, homefeed.PostCandidate{
			PostID: p.ID, AuthorID: p.AuthorID, CreatedAt: p.CreatedAt, Reason: homefeed.Followed,
		})
	}
	trends := f.addTrending(&request, followees)
	ids := make([]string, len(request.Candidates))
	for i := range request.Candidates {
		ids[i] = request.Candidates[i].PostID
	}
	for i, score := range f.Trending.Scores(now, ids) {
		request.Candidates[i].Score = score
	}
	request.Reactions = f.Lists.Authors(f.Reactions.Since(reader, now-f.cfg.AffinityWindow.Milliseconds()))
	ranked := f.cfg.Rank(request)
	f.Metrics.ranked(ranked.Metrics)
	o = &order{AsOf: now, Posts: make([]entry, len(ranked.Posts))}
	for i, p := range ranked.Posts {
		o.Posts[i] = entry{p.PostID, p.AuthorID, p.Reason == homefeed.Followed, trends[p.PostID], WorthOf(p.Parts)}
	}
	return o, followees, whole
}

// addTrending adds the posts of the trending list as candidates, and returns which they are. Those of whom the reader
// follows are there for that reason.
func (f *Feed) addTrending(request *homefeed.FeedRankingRequest, followees []string) map[string]bool {
	followed := make(map[string]bool, len(followees))
	for _, id := range followees {
		followed[id] = true
	}
	trends := map[string]bool{}
	for _, item := range f.Trending.Snapshot().Items {
		trends[item.PostID] = true
		c := homefeed.PostCandidate{PostID: item.PostID, Reason: homefeed.Trending}
		if p, found := f.Lists.Post(item.PostID); found {
			c.AuthorID, c.CreatedAt = p.AuthorID, p.CreatedAt
		} else {
			c.Hidden = f.Lists.Hidden(item.PostID) // since the list was sorted
		}
		if followed[c.AuthorID] {
			c.Reason = homefeed.Followed
		}
		request.Candidates = append(request.Candidates, c)
	}
	return trends
}
