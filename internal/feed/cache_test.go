package feed

import (
	"context"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/cache"
)

const makes = "nova_feed_cache_makes_total"

// TestPage_is_made_once has 500 readers of two processes ask for a page that is not there.
func TestPage_is_made_once(t *testing.T) {
	redis := startRedis(t)
	one, two := newBackends(t, redis), newBackends(t, redis)
	w := crowd(t, testConfig(), one, 30)
	feeds := []*Feed{w.Feed, w.serve(t, testConfig(), two)}
	for round := range 3 {
		var readers sync.WaitGroup
		pages := make([]Page, 500)
		for i := range pages {
			readers.Go(func() {
				var err error
				if pages[i], err = feeds[i%2].Page(context.Background(), Request{ReaderID: me, Limit: 5}); err != nil {
					t.Error(err)
				}
			})
		}
		readers.Wait()
		require.Equal(t, float64(round+1), one.counted(t, makes, "")+two.counted(t, makes, ""))
		for _, p := range pages {
			require.Equal(t, pages[0], p)
		}
		require.True(t, redis.Del("feed:v1:u0:0:5"), "it was there, and is expired now")
	}
	require.Equal(t, 3.0, one.counted(t, makes, "kept")+two.counted(t, makes, "kept"))
}

// TestRedis_away: answers are the same, cursors hold within the process, and nothing is an error but to tell what was seen.
func TestRedis_away(t *testing.T) {
	there, away := newBackends(t, startRedis(t)), newBackends(t, startRedis(t))
	away.redis.away.Store(true)
	rapid.Check(t, func(t *rapid.T) {
		there.redis.FlushAll()
		cfg := testConfig()
		w := newWorld(t, cfg, 5, there)
		other := w.serve(t, cfg, away)
		draw(t, w, there.seen)
		there.redis.Del(cache.SeenKey(me)) // what was seen is not known to both
		request, same := Request{ReaderID: me}, Request{ReaderID: me}
		for {
			request.Limit = rapid.IntRange(1, 7).Draw(t, "limit")
			same.Limit = request.Limit
			want := w.page(t, request)
			got, err := other.Page(context.Background(), same)
			require.NoError(t, err)
			require.Equal(t, want.Items, got.Items)
			require.Equal(t, want.Next == "", got.Next == "")
			if want.Next == "" {
				break
			}
			request.Cursor, same.Cursor = want.Next, got.Next
		}
	})
	require.Positive(t, away.counted(t, "nova_feed_redis_away_total", `"seen"`), "it was away")
	require.Positive(t, away.counted(t, "nova_feed_redis_away_total", `"snapshots"`))
	require.Zero(t, there.counted(t, "nova_feed_redis_away_total", ""))
	err := newWorld(t, testConfig(), 1, away).See(t.Context(), me, []string{"p"})
	require.ErrorIs(t, err, ErrAway)
}

// TestChanges of what a page is made of remove it, others do not; a process that has not read a change cannot bring it back.
func TestChanges(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := crowd(t, testConfig(), b, 8)
	request := Request{ReaderID: me, Limit: 4}
	for i, c := range []struct {
		part    cache.Part
		removes bool
	}{
		{cache.Part{Scope: cache.FollowScope, ID: me}, true},
		{cache.Part{Scope: cache.UserScope, ID: me}, true},
		{cache.Part{Scope: cache.AuthorScope, ID: "a7"}, true}, // of a post of another page
		{cache.Part{Scope: cache.PostScope, ID: "p3"}, true},
		{cache.Part{Scope: cache.PostScope, ID: "p4"}, false},
		{cache.Part{Scope: cache.FollowScope, ID: "a1"}, false},
		{cache.Part{Scope: cache.AuthorScope, ID: "a8"}, false},
	} {
		w.page(t, request)
		made := b.counted(t, makes, "")
		offset := int64(i + 1)
		removed, err := b.pages.Remove(t.Context(), []cache.Change{{Part: c.part, Table: "posts-table", Offset: offset}})
		require.NoError(t, err)
		if !c.removes {
			require.Zero(t, removed, c.part)
			continue
		}
		require.Equal(t, 1, removed, c.part)
		for range 2 { // the process has not read the change
			w.page(t, request)
		}
		require.Equal(t, made+2, b.counted(t, makes, ""), c.part)
		w.read.Store(offset)
		for range 2 {
			w.page(t, request)
		}
		require.Equal(t, made+3, b.counted(t, makes, ""), c.part)
	}
}

// TestChanges_of_authors_of_trending_posts remove pages of who does not follow them, too.
func TestChanges_of_authors_of_trending_posts(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := newWorld(t, testConfig(), 5, b)
	w.user("x")
	w.post("px", "x", "published", now-minute)
	w.likes("px", 3)
	w.board.Refresh(now)
	require.Equal(t, []string{"px"}, postIDs(w.page(t, Request{ReaderID: me, Limit: 4})))
	removed, err := b.pages.Remove(t.Context(), []cache.Change{{Part: cache.Part{Scope: cache.AuthorScope, ID: "x"}, Table: "users-table", Offset: 1}})
	require.NoError(t, err)
	require.Equal(t, 1, removed)
}

// TestPage_without_a_snapshot is not kept: its cursor would lead nowhere in other processes.
func TestPage_without_a_snapshot(t *testing.T) {
	there, away := newBackends(t, startRedis(t)), newBackends(t, startRedis(t))
	away.redis.away.Store(true)
	both := *there
	both.snapshots = away.snapshots
	w := crowd(t, testConfig(), &both, 8)
	for limit, kept := range map[int]bool{4: false, 8: true} { // all are on one page: it has no cursor
		w.page(t, Request{ReaderID: me, Limit: limit})
		require.Equal(t, kept, there.redis.Exists("feed:v1:u0:0:"+strconv.Itoa(limit)), limit)
	}
}

// TestPage_of_posts_that_may_have_been_seen is not kept: it would show them again for as long as it lives.
func TestPage_of_posts_that_may_have_been_seen(t *testing.T) {
	there, away := newBackends(t, startRedis(t)), newBackends(t, startRedis(t))
	both := *there
	both.seen = away.seen
	w := crowd(t, testConfig(), &both, 8)
	for _, isAway := range []bool{true, false} {
		away.redis.away.Store(isAway)
		require.Len(t, w.page(t, Request{ReaderID: me, Limit: 8}).Items, 8)
		require.Equal(t, !isAway, there.redis.Exists("feed:v1:u0:0:8"))
	}
}

// TestPage_with_nothing_on_it is asked for again soon.
func TestPage_with_nothing_on_it(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := crowd(t, testConfig(), b, 1)
	require.Empty(t, w.page(t, Request{ReaderID: "nobody", Limit: 4}).Items)
	require.Len(t, w.page(t, Request{ReaderID: me, Limit: 4}).Items, 1)
	kept := cache.DefaultPagesConfig()
	require.Equal(t, kept.Nothing, b.redis.TTL("feed:v1:nobody:0:4"))
	require.GreaterOrEqual(t, b.redis.TTL("feed:v1:u0:0:4"), kept.TTL)
}

// TestMany_followees: the page of who follows too many to store it with each of them is made each time.
func TestMany_followees(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := crowd(t, testConfig(), b, 3)
	for i := range maxFollowees - 3 {
		w.follow(me, "b"+strconv.Itoa(i), true)
	}
	request := Request{ReaderID: me, Limit: 2}
	first := w.page(t, request)
	require.True(t, b.redis.Exists("feed:v1:u0:0:2"))
	w.follow(me, "one more", true)
	b.redis.Del("feed:v1:u0:0:2")
	again := w.page(t, request)
	require.Equal(t, first.Items, again.Items)
	require.False(t, b.redis.Exists("feed:v1:u0:0:2"))
	request.Cursor = again.Next
	require.Equal(t, []string{"p2"}, postIDs(w.page(t, request)))
}

// TestSpoilt_pages are made anew.
func TestSpoilt_pages(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := crowd(t, testConfig(), b, 3)
	require.NoError(t, b.redis.Set("feed:v1:u0:0:2", "{\"run\":\"1\",\"ends\":9999999999999}\n[]"))
	require.Equal(t, []string{"p0", "p1"}, postIDs(w.page(t, Request{ReaderID: me, Limit: 2})))
}
