package feed

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCursors_hold_in_any_process, while they are used, and are one reader's.
func TestCursors_hold_in_any_process(t *testing.T) {
	redis := startRedis(t)
	w := crowd(t, testConfig(), newBackends(t, redis), 8)
	other := w.serve(t, testConfig(), newBackends(t, redis))
	first := w.page(t, Request{ReaderID: me, Limit: 3})
	ask := func(f *Feed, reader, cursor string) (Page, error) {
		return f.Page(t.Context(), Request{ReaderID: reader, Limit: 3, Cursor: cursor})
	}
	next := func() {
		page, err := ask(other, me, first.Next)
		require.NoError(t, err)
		require.Equal(t, []string{"p3", "p4", "p5"}, postIDs(page))
	}
	next()
	for range 3 { // each use lets it live on
		redis.FastForward(9 * time.Minute)
		w.now += 9 * minute
		next()
	}
	for name, cursor := range map[string]string{
		"altered":           "Z" + first.Next[1:],
		"cut":               first.Next[:len(first.Next)-2],
		"no cursor":         "x",
		"too long":          strings.Repeat("A", MaxCursor+1),
		"beyond the order":  cursor{snapshot: 1, from: 9}.text("a1"),
		"behind is shown":   cursor{snapshot: 1, from: 1, behind: []byte{1}}.text(me),
		"behind has nought": cursor{snapshot: 1, from: 1, behind: []byte{2, 0}}.text(me),
	} {
		_, err := ask(w.Feed, me, cursor)
		require.ErrorIs(t, err, ErrBadCursor, name)
	}
	_, err := ask(w.Feed, "a1", first.Next)
	require.ErrorIs(t, err, ErrBadCursor, "another reader's")
	c, err := parseCursor(first.Next, me)
	require.NoError(t, err)
	for _, beyond := range []cursor{{c.snapshot, 8, nil}, {c.snapshot, 7, []byte{2}}, {c.snapshot, 1, []byte{0, 1}}} {
		_, err = ask(w.Feed, me, beyond.text(me))
		require.ErrorIs(t, err, ErrBadCursor, beyond)
	}

	redis.FastForward(11 * time.Minute)
	w.now += 11 * minute
	for _, f := range []*Feed{w.Feed, other} {
		_, err = ask(f, me, first.Next)
		require.ErrorIs(t, err, ErrCursorExpired)
	}
}

// TestCursors_are_short, however the pages before were cut.
func TestCursors_are_short(t *testing.T) {
	shown := make([]bool, maxDepth)
	for i := range shown {
		shown[i] = i != 1
	}
	shown[maxDepth-1] = true
	text := cursorAfter(1<<63, shown).text(me)
	require.LessOrEqual(t, len(text), MaxCursor)
	c, err := parseCursor(text, me)
	require.NoError(t, err)
	got, err := c.shown(maxDepth)
	require.NoError(t, err)
	require.Equal(t, shown, got)
}

func FuzzCursor(f *testing.F) {
	f.Add("", 10)
	f.Add(cursor{5, 3, nil}.text(me), 4)
	f.Add(cursor{5, 3, []byte{4, 1}}.text(me), 20)
	f.Fuzz(func(t *testing.T, text string, length int) {
		c, err := parseCursor(text, me)
		if err != nil {
			require.ErrorIs(t, err, ErrBadCursor)
			return
		}
		require.Equal(t, text, c.text(me), "a cursor has one spelling")
		length = max(0, min(length, maxDepth))
		shown, err := c.shown(length)
		if err != nil {
			require.ErrorIs(t, err, ErrBadCursor)
			return
		}
		require.Equal(t, c.text(me), cursorAfter(c.snapshot, shown).text(me))
	})
}
