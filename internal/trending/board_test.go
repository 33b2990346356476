package trending

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	second = int64(1_000)
	minute = 60 * second
)

func newBoard(cfg Config) *Board {
	return New(cfg, engagement.DefaultWindow(), engagement.DefaultWeights(), nil)
}

// rowOf is the row of a post with so many likes at a time.
func rowOf(at, likes int64) *schemas.ScoreRow {
	counts := engagement.Counts{Likes: likes}
	return &schemas.ScoreRow{Lifetime: counts, LastEngagement: at, Buckets: []engagement.Bucket{{Start: at, Last: at, Counts: counts}}}
}

func pageIDs(p Page) []string {
	ids := []string{}
	for _, item := range p.Items {
		ids = append(ids, item.PostID)
	}
	return ids
}

func TestNothingBeforeTheFirstSort(t *testing.T) {
	b := newBoard(DefaultConfig())
	b.Update("a", rowOf(0, 1))
	_, err := b.Page("", DefaultLimit)
	require.ErrorIs(t, err, ErrNotReady)
	require.Nil(t, b.Snapshot())
}

// TestPagingWhileTheListMoves turns the list upside down between two pages: the reader who pages sees every post of
// the list he began with once, in its order, and the next reader sees the new one.
func TestPagingWhileTheListMoves(t *testing.T) {
	b := newBoard(DefaultConfig())
	const posts = 45
	var want, reversed []string
	for i := range int64(posts) {
		b.Update(fmt.Sprintf("p%02d", i), rowOf(0, posts-i))
		want = append(want, fmt.Sprintf("p%02d", i))
		reversed = append(reversed, fmt.Sprintf("p%02d", posts-1-i))
	}
	b.Refresh(minute)

	var got []string
	rank, cursor := 0, ""
	for round := int64(1); ; round++ {
		page, err := b.Page(cursor, 10)
		require.NoError(t, err)
		for _, item := range page.Items {
			rank++
			require.Equal(t, rank, item.Rank)
		}
		got = append(got, pageIDs(page)...)
		if page.NextCursor == nil {
			break
		}
		cursor = *page.NextCursor
		for i := range int64(posts) {
			b.Update(fmt.Sprintf("p%02d", i), rowOf(0, i*round+1))
		}
		b.Refresh(minute + round*second)
	}
	require.Equal(t, want, got)

	page, err := b.Page("", 100)
	require.NoError(t, err)
	require.Equal(t, reversed, pageIDs(page))
	require.Nil(t, page.NextCursor)
}

func TestCursors(t *testing.T) {
	b := newBoard(DefaultConfig())
	b.Update("a", rowOf(0, 2))
	b.Update("b", rowOf(0, 1))
	b.Refresh(minute)
	first, err := b.Page("", 1)
	require.NoError(t, err)

	t.Run("not a cursor", func(t *testing.T) {
		order := b.Snapshot().order
		for _, text := range []string{
			"x", "=", "AAAA", "\n" + *first.NextCursor, *first.NextCursor + "A", cursor{order, 0}.String(), cursor{order, 2}.String(), cursor{order, 1 << 31}.String(),
		} {
			_, err := b.Page(text, 1)
			require.ErrorIs(t, err, ErrBadCursor, text)
		}
	})
	t.Run("of a list that only grew older", func(t *testing.T) {
		b.Refresh(minute + 10*minute)
		page, err := b.Page(*first.NextCursor, 1)
		require.NoError(t, err)
		require.Equal(t, []string{"b"}, pageIDs(page))
	})
	t.Run("expired", func(t *testing.T) {
		replaced := 11 * minute
		b.Delete("a")
		b.Refresh(replaced + DefaultConfig().CursorTTL.Milliseconds())
		page, err := b.Page(*first.NextCursor, 1)
		require.NoError(t, err, "the last moment at which it is kept")
		require.Equal(t, []string{"b"}, pageIDs(page))
		b.Refresh(replaced + DefaultConfig().CursorTTL.Milliseconds() + 1)
		_, err = b.Page(*first.NextCursor, 1)
		require.ErrorIs(t, err, ErrCursorExpired)
	})
}

// TestSubscribers get the list in force, then each change, of several the latest; time alone changes a list too.
func TestSubscribers(t *testing.T) {
	b := newBoard(DefaultConfig())
	b.Update("a", rowOf(0, 1))
	b.Refresh(minute)
	updates, cancel := b.Subscribe()
	require.Equal(t, b.Snapshot(), <-updates)

	b.Refresh(2 * minute)
	require.Empty(t, updates, "nothing changed")
	require.Equal(t, 2*minute, b.Snapshot().AsOf)

	b.Update("b", rowOf(0, 2))
	b.Refresh(3 * minute)
	b.Update("c", rowOf(0, 3))
	b.Refresh(4 * minute)
	latest := <-updates
	require.Equal(t, []string{"c", "b", "a"}, pageIDs(latest.Page(0, 10)))
	require.Empty(t, updates)

	b.Refresh(60 * minute)
	require.Empty(t, (<-updates).Items)

	cancel()
	b.Update("d", rowOf(59*minute, 1))
	b.Refresh(61 * minute)
	require.Empty(t, updates)
}

// TestRun sorts on the tick and shows nothing before the table has been read, and from then on whatever happens.
func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := DefaultConfig()
		b := newBoard(cfg)
		ctx, cancel := context.WithCancel(t.Context())
		var recovered atomic.Bool
		done := make(chan error, 1)
		go func() { done <- b.Run(ctx, time.Now, recovered.Load) }()
		b.Update("a", rowOf(time.Now().UnixMilli()/5_000*5_000, 1))

		time.Sleep(10 * cfg.Tick)
		require.Nil(t, b.Snapshot())

		recovered.Store(true)
		time.Sleep(cfg.Tick)
		synctest.Wait()
		require.Equal(t, []string{"a"}, pageIDs(b.Snapshot().Page(0, 10)))

		recovered.Store(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Empty(t, b.Snapshot().Items)

		cancel()
		require.NoError(t, <-done)
	})
}

// TestSnapshot_says_how_far_was_read before it was sorted, or less: what comes meanwhile may be missing.
func TestSnapshot_says_how_far_was_read(t *testing.T) {
	b := newBoard(DefaultConfig())
	b.Refresh(0)
	require.Nil(t, b.Snapshot().Read)
	b = newBoard(DefaultConfig())
	read := int64(7)
	b.Follow(func() []int64 { return []int64{read} })
	b.Hide(func(string) bool { read = 8; return false }) // asked while it is sorted
	b.Update("a", rowOf(0, 1))
	b.Refresh(0)
	require.Equal(t, []int64{7}, b.Snapshot().Read)
	require.Equal(t, int64(8), read)
}
