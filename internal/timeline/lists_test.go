package timeline

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// TestPaging_while_the_list_changes takes away and adds followers between any two pages, the one that the cursor names
// included: those who were there all the time are seen once, in order.
func TestPaging_while_the_list_changes(t *testing.T) {
	x := New()
	lsn := int64(0)
	put := func(follower string, n int, deleted bool) {
		lsn++
		x.UpdateFollow(schemas.NaturalID(follower, "star"), rowOf(lsn, deleted, map[string]string{"status": `"active"`, "created_at": at(n)}))
	}
	x.UpdateUser("star", rowOf(1, false, nil))
	const fans = 200
	for n := range fans {
		put(fmt.Sprintf("f%03d", n), n/3+1, false)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	stayed := map[string]bool{}
	for n := range fans {
		stayed[fmt.Sprintf("f%03d", n)] = true
	}
	previous := entry{id: "\xff", at: 1 << 40}
	for after := ""; ; {
		items, next, err := x.Followers("star", after, 7)
		require.NoError(t, err)
		for _, f := range items {
			seen[f.UserID]++
			require.True(t, before(previous.at, previous.id, f.At, f.UserID))
			previous = entry{f.UserID, f.At}
		}
		if next == "" {
			break
		}
		after = next
		for range 5 {
			n := rng.IntN(fans)
			id := fmt.Sprintf("f%03d", n)
			put(id, n/3+1, true)
			delete(stayed, id)
			put(fmt.Sprintf("new%d", lsn), rng.IntN(fans/3)+1, false)
		}
		put(items[len(items)-1].UserID, 1, true)
		delete(stayed, items[len(items)-1].UserID)
	}
	for id, n := range seen {
		require.Equal(t, 1, n, id)
	}
	for id := range stayed {
		require.Equal(t, 1, seen[id], id)
	}
	require.NotEmpty(t, stayed)
}

// TestCursors_are_of_one_list of one user.
func TestCursors_are_of_one_list(t *testing.T) {
	x := New()
	for n, id := range []string{"a", "b", "c"} {
		x.UpdateUser(id, rowOf(int64(n+1), false, nil))
	}
	for n, name := range []string{"a:b", "a:c", "b:a", "c:a"} {
		x.UpdateFollow(name, rowOf(int64(n+1), false, nil))
	}
	_, next, err := x.Following("a", "", 1)
	require.NoError(t, err)
	items, end, err := x.Following("a", next, 1)
	require.NoError(t, err)
	require.Equal(t, []Follow{{UserID: "b"}}, items)
	require.Empty(t, end)
	for name, ask := range map[string]func() error{
		"of another list": func() error { _, _, err := x.Followers("a", next, 1); return err },
		"of another user": func() error { _, _, err := x.Following("b", next, 1); return err },
		"altered":         func() error { _, _, err := x.Following("a", "Z"+next[1:], 1); return err },
		"no cursor":       func() error { _, _, err := x.Posts("a", "x", 1); return err },
		"too long":        func() error { _, _, err := x.Posts("a", string(make([]byte, MaxCursor+1)), 1); return err },
	} {
		require.ErrorIs(t, ask(), ErrBadCursor, name)
	}
}

// TestForgets_whom_nothing_names: nodes do not pile up as users come and go.
func TestForgets_whom_nothing_names(t *testing.T) {
	x := New()
	x.UpdateFollow("a:b", rowOf(1, false, nil))
	x.UpdatePost("p", rowOf(2, false, map[string]string{"user_id": `"c"`}))
	x.UpdateUser("d", rowOf(3, false, nil))
	require.Len(t, x.nodes, 4)
	x.UpdateFollow("a:b", rowOf(4, true, nil))
	x.UpdatePost("p", nil)
	x.UpdateUser("d", nil)
	require.Empty(t, x.nodes)
	require.Zero(t, x.known)
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add(cursor{5, "u"}.text(ofPosts, "a"))
	f.Add(cursor{-5, ""}.text(ofFollowers, "a"))
	f.Fuzz(func(t *testing.T, text string) {
		for _, kind := range []byte{ofPosts, ofFollowing, ofFollowers} {
			c, err := parseCursor(text, kind, "a")
			if err != nil {
				require.ErrorIs(t, err, ErrBadCursor)
				continue
			}
			require.Equal(t, text, c.text(kind, "a"), "a cursor has one spelling")
		}
	})
}
