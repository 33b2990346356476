package feed

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/cache"
)

// TestWalk_while_all_moves changes posts, scores, follows, reactions and what was seen between any two pages, has the first
// page's key removed, and the pages have any length: what the first order had and was to be seen all the time is shown once, in
// that order but for authors without room on a page, and nothing is shown twice or after it was hidden.
func TestWalk_while_all_moves(t *testing.T) {
	b := newBackends(t, startRedis(t))
	cfg := testConfig()
	cfg.Recent, cfg.RecentPerAuthor, cfg.Depth = 30, 8, 60
	rapid.Check(t, func(t *rapid.T) {
		b.redis.FlushAll()
		w := newWorld(t, cfg, 20, b)
		r := draw(t, w, b.seen)
		first, _, _ := w.order(context.Background(), me)
		stays := map[string]entry{}
		for _, e := range first.Posts {
			stays[e.PostID] = e
		}
		unfollow := func(author string) {
			w.follow(me, author, false)
			for id, e := range stays {
				if e.AuthorID == author && !e.Trending {
					delete(stays, id)
				}
			}
		}
		hide := func(id string) {
			w.post(id, "u1", "draft", now-hour)
			delete(stays, id)
		}
		shown, hidden := map[string]int{}, map[string]bool{}
		request := Request{ReaderID: me}
		for {
			request.Limit = rapid.IntRange(1, 9).Draw(t, "limit")
			page := w.page(t, request)
			for _, item := range page.Items {
				shown[item.Post.ID]++
				require.False(t, hidden[item.Post.ID])
			}
			if page.Next == "" {
				break
			}
			request.Cursor = page.Next
			w.now += minute
			for range rapid.IntRange(0, 5).Draw(t, "moves") {
				id := "p" + strconv.Itoa(rapid.IntRange(0, 30).Draw(t, "post"))
				switch rapid.IntRange(0, 6).Draw(t, "move") {
				case 0:
					w.likes(id, int64(rapid.IntRange(0, 9).Draw(t, "likes")))
				case 1:
					hide(id)
					hidden[id] = true
				case 2:
					w.post(id, r.posts[id].author, "published", now-hour)
					delete(stays, id) // it may have been hidden
					hidden[id] = false
				case 3:
					unfollow("u" + strconv.Itoa(rapid.IntRange(1, 5).Draw(t, "author")))
				case 4:
					w.follow(me, "u"+strconv.Itoa(rapid.IntRange(1, 5).Draw(t, "author")), true)
				case 5:
					w.react(me, id, w.now)
					require.NoError(t, b.seen.Add(context.Background(), []cache.View{{UserID: me, PostID: id}}))
				case 6:
					_, err := b.pages.Remove(context.Background(), []cache.Change{{Part: cache.Part{Scope: cache.FollowScope, ID: me}, Table: "follows-table", Offset: 1}})
					require.NoError(t, err)
				}
			}
			w.board.Refresh(w.now)
		}
		for id, n := range shown {
			require.Equal(t, 1, n, id)
		}
		for id := range stays {
			require.Equal(t, 1, shown[id], "%s was there all the time", id)
		}
	})
}

// crowd has one author for each post, so that the order is that of their numbers.
func crowd(t require.TestingT, cfg Config, b *backends, posts int) *world {
	w := newWorld(t, cfg, 1, b)
	w.user(me)
	for i := range posts {
		author := "a" + strconv.Itoa(i)
		w.user(author)
		w.follow(me, author, true)
		w.post("p"+strconv.Itoa(i), author, "published", now-int64(i)*minute)
	}
	return w
}

func postIDs(p Page) []string {
	ids := []string{}
	for _, i := range p.Items {
		ids = append(ids, i.Post.ID)
	}
	return ids
}

// TestShow fills in what is known now, and leaves out what is not to be seen any more: a short page goes on.
func TestShow(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := crowd(t, testConfig(), b, 8)
	request := Request{ReaderID: me, Limit: 4}
	before := w.page(t, request)
	require.Equal(t, []string{"p0", "p1", "p2", "p3"}, postIDs(before))
	w.post("p0", "a0", "published", now)
	w.userGone("a1")
	w.follow(me, "a2", false)
	w.lists.UpdateUser("a3", w.row(map[string]string{"username": "renamed"}))
	after := w.page(t, request)
	require.Equal(t, []string{"p0", "p3"}, postIDs(after))
	require.Equal(t, "renamed", after.Items[1].Author.Username)
	require.Equal(t, before.Next, after.Next, "it is the same page")
	require.Equal(t, 2.0, b.counted(t, "nova_feed_dropped_total", ""))
	request.Cursor = after.Next
	require.Equal(t, []string{"p4", "p5", "p6", "p7"}, postIDs(w.page(t, request)))
}

// TestUnfollowed_but_trending stays, for the other reason.
func TestUnfollowed_but_trending(t *testing.T) {
	w := crowd(t, testConfig(), newBackends(t, startRedis(t)), 1)
	w.likes("p0", 5)
	w.likes("nobody's", 3)
	w.board.Refresh(now)
	request := Request{ReaderID: me, Limit: 4}
	require.Equal(t, "followed", string(w.page(t, request).Items[0].Reason))
	w.follow(me, "a0", false)
	page := w.page(t, request)
	require.Equal(t, []string{"p0"}, postIDs(page), "the list has room for one")
	require.Equal(t, "trending", string(page.Items[0].Reason))
}

// TestNobody gets what is trending, though nothing is known of who wrote it.
func TestNobody(t *testing.T) {
	w := newWorld(t, testConfig(), 3, newBackends(t, startRedis(t)))
	w.likes("p", 5)
	w.board.Refresh(now)
	page := w.page(t, Request{ReaderID: "new", Limit: 4})
	require.Equal(t, []string{"p"}, postIDs(page))
	require.Empty(t, page.Items[0].Author.ID)
	require.Empty(t, page.Next)
	require.Equal(t, now, page.AsOf)
}

// TestHidden_since the list was sorted: others have the place.
func TestHidden_since(t *testing.T) {
	w := newWorld(t, testConfig(), 3, newBackends(t, startRedis(t)))
	for i := range 3 {
		w.post("p"+strconv.Itoa(i), "u1", "published", now-hour)
		w.likes("p"+strconv.Itoa(i), int64(9-i))
	}
	w.board.Refresh(now)
	w.post("p0", "u1", "draft", now-hour)
	require.Equal(t, []string{"p1", "p2"}, postIDs(w.page(t, Request{ReaderID: me, Limit: 2})))
}

func TestNotReady(t *testing.T) {
	w := newWorld(t, testConfig(), 3, newBackends(t, startRedis(t)))
	w.Deps.Ready = func() bool { return false }
	_, err := w.Page(t.Context(), Request{ReaderID: me, Limit: 1})
	require.ErrorIs(t, err, ErrNotReady)
}
