package feed

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/domain/homefeed"
)

// rows are what the tables say, as they are.
type rows struct {
	posts   map[string]postRow
	gone    map[string]bool // users
	follows map[[2]string]bool
	likes   map[string]int64    // by post, in the window
	reacted map[[2]string]int64 // reader, post
	seen    map[string]bool
}

type postRow struct {
	author  string
	hidden  bool
	created int64
}

// shownPost is what a reader is to be shown.
type shownPost struct {
	id     string
	author string
	reason homefeed.Reason
	worth  shownWorth

	parts homefeed.Parts // as they are, by which the oracle orders
}

const me = "u0"

// feed works out the whole feed of me, looking at every row as often as it takes.
func (r rows) feed(c Config, listSize int) []shownPost {
	hidden := func(id string) bool {
		p, known := r.posts[id]
		return known && (p.hidden || r.gone[p.author])
	}
	candidates := map[string]homefeed.Reason{}
	type dated struct {
		id string
		at int64
	}
	newest := func(all []dated, most int) []dated {
		slices.SortFunc(all, func(a, b dated) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.id, a.id)) })
		return all[:min(most, len(all))]
	}
	var recent []dated
	for edge, active := range r.follows {
		if edge[0] != me || !active || edge[1] == me || r.gone[me] {
			continue
		}
		var own []dated
		for id, p := range r.posts {
			if p.author == edge[1] && !hidden(id) && !r.seen[id] && p.created <= now {
				own = append(own, dated{id, p.created})
			}
		}
		recent = append(recent, newest(own, c.RecentPerAuthor)...)
	}
	for _, d := range newest(recent, c.Recent) {
		candidates[d.id] = homefeed.Followed
	}
	var list []dated // by score
	for id, n := range r.likes {
		if n != 0 && !hidden(id) {
			list = append(list, dated{id, n})
		}
	}
	slices.SortFunc(list, func(a, b dated) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.id, b.id)) })
	for _, d := range list[:min(listSize, len(list))] {
		p := r.posts[d.id]
		if r.seen[d.id] || p.author == me || p.created > now {
			continue
		}
		if r.follows[[2]string{me, p.author}] && !r.gone[me] {
			candidates[d.id] = homefeed.Followed
		} else if candidates[d.id] == "" {
			candidates[d.id] = homefeed.Trending
		}
	}
	var feed []shownPost
	for id, reason := range candidates {
		p := r.posts[id]
		s := shownPost{id: id, author: p.author, reason: reason}
		if p.created > 0 {
			s.parts.Freshness = c.Freshness * math.Exp2(-float64(now-p.created)/float64(c.HalfLife.Milliseconds()))
		}
		score := float64(20 * r.likes[id])
		s.parts.Engagement = c.Engagement * (score / (score + float64(c.HalfScore)))
		reactions := 0.0
		for pair, at := range r.reacted {
			if pair[0] == me && at > now-c.AffinityWindow.Milliseconds() && r.posts[pair[1]].author == p.author {
				reactions++
			}
		}
		if p.author != "" {
			s.parts.Affinity = c.Affinity * (reactions / (reactions + float64(c.HalfReactions)))
		}
		feed = append(feed, s)
	}
	slices.SortFunc(feed, func(a, b shownPost) int {
		return cmp.Or(cmp.Compare(b.parts.Score(), a.parts.Score()), cmp.Compare(r.posts[b.id].created, r.posts[a.id].created), cmp.Compare(a.id, b.id))
	})
	feed = feed[:min(c.Depth, len(feed))]
	for i, s := range feed {
		rounded := func(x float64) float64 { return math.Round(x*1e6) / 1e6 }
		feed[i].worth, feed[i].parts = shownWorth{rounded(s.parts.Score()), rounded(s.parts.Freshness), rounded(s.parts.Engagement), rounded(s.parts.Affinity)}, homefeed.Parts{}
	}
	return feed
}

// cutPage takes the first page off a feed.
func cutPage(left []shownPost, limit, perAuthor int) (page, later []shownPost) {
	for _, p := range left {
		of := 0
		for _, q := range page {
			if q.author == p.author && p.author != "" {
				of++
			}
		}
		if len(page) == limit || of == perAuthor {
			later = append(later, p)
		} else {
			page = append(page, p)
		}
	}
	return page, later
}

func shownOf(p Page) []shownPost {
	var all []shownPost
	for _, i := range p.Items {
		all = append(all, shownPost{id: i.Post.ID, author: i.Post.AuthorID, reason: i.Reason, worth: readWorth(i.Worth)})
	}
	return all
}

// draw gives the world and the rows the same.
func draw(t *rapid.T, w *world, seen *cache.Seen) rows {
	r := rows{map[string]postRow{}, map[string]bool{}, map[[2]string]bool{}, map[string]int64{}, map[[2]string]int64{}, map[string]bool{}}
	user := rapid.SampledFrom([]string{me, "u1", "u2", "u3:x", "u4", "u5"})
	follower := rapid.SampledFrom([]string{me, me, me, "u2"})
	for _, id := range []string{"u1", "u2", "u3:x", "u4"} { // u5 and perhaps me have no row
		w.user(id)
	}
	if rapid.IntRange(0, 5).Draw(t, "gone") == 0 {
		id := user.Draw(t, "who")
		w.userGone(id)
		r.gone[id] = true
	}
	for i := range rapid.IntRange(0, 30).Draw(t, "posts") {
		id := "p" + strconv.Itoa(i)
		if rapid.IntRange(0, 7).Draw(t, "known") > 0 {
			p := postRow{user.Draw(t, "author"), rapid.IntRange(0, 7).Draw(t, "draft") == 0, now - int64(rapid.IntRange(-1, 40).Draw(t, "age"))*hour/4}
			r.posts[id] = p
			status := "published"
			if p.hidden {
				status = "draft"
			}
			w.post(id, p.author, status, p.created)
		}
		if n := int64(rapid.IntRange(0, 4).Draw(t, "likes")); n > 0 {
			w.likes(id, n)
			r.likes[id] = n
		}
		if rapid.IntRange(0, 3).Draw(t, "seen") == 0 {
			r.seen[id] = true
			require.NoError(t, seen.Add(context.Background(), []cache.View{{UserID: me, PostID: id}}))
		}
		if rapid.Bool().Draw(t, "reacted") {
			at := now - int64(rapid.IntRange(0, 40).Draw(t, "days ago"))*24*hour
			pair := [2]string{follower.Draw(t, "reader"), id}
			w.react(pair[0], id, at)
			r.reacted[pair] = at
		}
	}
	for range rapid.IntRange(0, 8).Draw(t, "follows") {
		pair := [2]string{follower.Draw(t, "follower"), user.Draw(t, "followee")}
		r.follows[pair] = rapid.IntRange(0, 4).Draw(t, "active") > 0
		w.follow(pair[0], pair[1], r.follows[pair])
	}
	w.board.Refresh(now)
	return r
}

// TestFeed_is_what_the_rows_say walks the pages of any length and compares them with the oracle: posts, order, reasons, and
// what they are worth. It has the first page come from the cache as well, and other pages by their offset.
func TestFeed_is_what_the_rows_say(t *testing.T) {
	const listSize = 5
	b := newBackends(t, startRedis(t))
	cfg := testConfig()
	rapid.Check(t, func(t *rapid.T) {
		b.redis.FlushAll()
		w := newWorld(t, cfg, listSize, b)
		left := draw(t, w, b.seen).feed(cfg, listSize)
		request := Request{ReaderID: me}
		offset := 0
		for n := 0; ; n++ {
			request.Limit = rapid.IntRange(1, 7).Draw(t, "limit")
			var want []shownPost
			want, left = cutPage(left, request.Limit, cfg.PerAuthor)
			got := w.page(t, request)
			require.Equal(t, want, shownOf(got), "page %d", n)
			if n == 0 {
				require.Equal(t, got, w.page(t, request), "from the cache")
			}
			if offset += len(want); got.Next == "" {
				require.Empty(t, left)
				break
			}
			request.Cursor = got.Next
		}
		require.Empty(t, w.page(t, Request{ReaderID: me, Offset: offset, Limit: 1}).Items)
	})
}

// TestOffsets_are_pages_as_cursors_are where the limit stays the same.
func TestOffsets_are_pages_as_cursors_are(t *testing.T) {
	b := newBackends(t, startRedis(t))
	cfg := testConfig()
	rapid.Check(t, func(t *rapid.T) {
		b.redis.FlushAll()
		w := newWorld(t, cfg, 5, b)
		draw(t, w, b.seen)
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		page := w.page(t, Request{ReaderID: me, Limit: limit})
		for offset := 0; page.Next != ""; {
			offset += len(page.Items)
			byOffset := w.page(t, Request{ReaderID: me, Limit: limit, Offset: offset})
			page = w.page(t, Request{ReaderID: me, Limit: limit, Cursor: page.Next})
			require.Equal(t, page.Items, byOffset.Items)
			require.Equal(t, page.Next == "", byOffset.Next == "")
		}
	})
}

// shownWorth is what a post is worth, to six decimals.
type shownWorth struct{ Score, Freshness, Engagement, Affinity float64 }

// readWorth reads what WorthOf writes.
func readWorth(text string) (w shownWorth) {
	if err := json.Unmarshal([]byte("{"+text+"}"), &w); err != nil { // names are taken in any case
		panic(err)
	}
	return w
}
