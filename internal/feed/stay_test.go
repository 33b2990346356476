package feed

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/cache"
)

// TestExpired_cursor_of_a_kept_page: a reader has had so many orders since that the one of its first page is gone, and the
// page is there. Who begins again gets another, whose cursor holds.
func TestExpired_cursor_of_a_kept_page(t *testing.T) {
	redis := startRedis(t)
	w := crowd(t, DefaultConfig(), newBackends(t, redis), 300)
	other := w.serve(t, DefaultConfig(), newBackends(t, redis)) // it has kept no order itself
	begin := Request{ReaderID: me, Limit: 5}
	first := w.page(t, begin)
	for offset := range 40 {
		w.page(t, Request{ReaderID: me, Offset: 5 * (offset + 1), Limit: 5})
	}
	again, err := other.Page(t.Context(), begin)
	require.NoError(t, err)
	require.Equal(t, first.Next, again.Next, "the page is there")
	_, err = other.Page(t.Context(), Request{ReaderID: me, Limit: 5, Cursor: again.Next})
	require.ErrorIs(t, err, ErrCursorExpired)
	again, err = other.Page(t.Context(), begin)
	require.NoError(t, err)
	require.NotEqual(t, first.Next, again.Next)
	_, err = other.Page(t.Context(), Request{ReaderID: me, Limit: 5, Cursor: again.Next})
	require.NoError(t, err)
}

// TestPage_of_the_list_of_before: a post's likes are taken back, and the row is read. Until the list is sorted again, a page
// that has the post is not kept: it would stay.
func TestPage_of_the_list_of_before(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := newWorld(t, testConfig(), 5, b)
	w.user("x")
	w.post("px", "x", "published", now-minute)
	w.likes("px", 3)
	w.board.Refresh(now)
	ask := Request{ReaderID: me, Limit: 4}
	require.Equal(t, []string{"px"}, postIDs(w.page(t, ask)))
	w.likes("px", 0)
	w.read.Store(7)
	removed, err := b.pages.Remove(t.Context(), []cache.Change{{Part: cache.Part{Scope: cache.PostScope, ID: "px"}, Table: "scores-table", Offset: 7}})
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.Equal(t, []string{"px"}, postIDs(w.page(t, ask)), "the list is of before")
	w.board.Refresh(now + 500)
	require.Empty(t, postIDs(w.page(t, ask)))
}

// TestPages_below_a_post_that_goes begin one post later: those from an offset on are made of the posts above, too.
func TestPages_below_a_post_that_goes(t *testing.T) {
	b := newBackends(t, startRedis(t))
	w := crowd(t, testConfig(), b, 8)
	second := Request{ReaderID: me, Offset: 2, Limit: 2}
	require.Equal(t, []string{"p2", "p3"}, postIDs(w.page(t, second)))
	row := w.row(nil)
	row.Deleted = true
	w.lists.UpdatePost("p0", row) // whose it was is not told
	w.read.Store(3)
	removed, err := b.pages.Remove(t.Context(), []cache.Change{{Part: cache.Part{Scope: cache.PostScope, ID: "p0"}, Table: "posts-table", Offset: 3}})
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.Equal(t, []string{"p3", "p4"}, postIDs(w.page(t, second)))
}
