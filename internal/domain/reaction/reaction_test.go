package reaction

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

func at(lsn int64) change.Position { return change.Position{LSN: lsn} }

func agreed(v Verdict) Effect { return Effect{Verdict: v} }

func TestLike_of_a_client_counts_until_the_database_speaks(t *testing.T) {
	var l Like
	require.Equal(t, plus(100), l.Client(100))
	require.Equal(t, agreed(Repeated), l.Client(110))
	require.Equal(t, agreed(Agreed), l.Database(true, at(5), 1_000, 95), "it counts at the client's time")
	require.Equal(t, minus(100), l.Database(false, at(7), 1_000, 300))
	require.Equal(t, agreed(Overruled), l.Client(200))
	require.Equal(t, agreed(Older), l.Database(true, at(5), 1_000, 95))
	require.Equal(t, agreed(Repeated), l.Database(false, at(7), 1_000, 300))
	require.Equal(t, plus(400), l.Database(true, at(9), 1_000, 400))
	require.Equal(t, agreed(Overruled), l.Client(500))
	require.Equal(t, Like{Liked: true, At: 400, Decided: true, Position: at(9), CommitMS: 1_000}, l)
}

// The two halves of a change of a key that is not ours lie at one position.
func TestLike_whose_row_gets_another_key_stays(t *testing.T) {
	var l Like
	require.Equal(t, plus(100), l.Database(true, at(5), 1_000, 100))
	for range 2 {
		l.Database(false, at(7), 1_000, 300)
		l.Database(true, at(7), 1_000, 100)
		require.True(t, l.Liked)
	}
}

func TestUnlike_of_what_nobody_liked_decides(t *testing.T) {
	var l Like
	require.Equal(t, agreed(Agreed), l.Database(false, at(5), 1_000, 100))
	require.Equal(t, agreed(Overruled), l.Client(90))
	require.Equal(t, agreed(Older), l.Database(true, at(4), 1_000, 80))
}

func TestComment_is_taken_back_when_it_was_counted(t *testing.T) {
	var c Comments
	require.Equal(t, plus(100), c.Client("", 100))
	require.Equal(t, plus(110), c.Client("named", 110))
	require.Equal(t, plus(120), c.Client("", 120))
	require.Equal(t, agreed(Agreed), c.Database("x", false, at(1), 99), "it stands for the event of 100")
	require.Equal(t, agreed(Agreed), c.Database("named", false, at(2), 109))
	require.Equal(t, minus(100), c.Database("x", true, at(3), 500))
	require.Equal(t, minus(110), c.Database("named", true, at(4), 500))
	require.Equal(t, agreed(Older), c.Database("x", false, at(1), 99))
	require.Equal(t, agreed(Repeated), c.Database("x", true, at(3), 500))
	require.Equal(t, minus(120), c.Database("y", true, at(6), 500), "whose create never came")
	require.Equal(t, plus(600), c.Database("x", false, at(7), 600), "it comes back")
	require.Equal(t, minus(600), c.Database("x", true, at(8), 700))
}

// An event that was taken for one comment of the database is another one, when a later event names that.
func TestEvent_that_names_a_comment_frees_the_one_before(t *testing.T) {
	var c Comments
	require.Equal(t, plus(100), c.Database("x", false, at(1), 100))
	require.Equal(t, agreed(Agreed), c.Client("", 110))
	require.Equal(t, plus(120), c.Client("x", 120))
	require.Equal(t, agreed(Repeated), c.Client("x", 130))
	require.Equal(t, minus(100), c.Database("x", true, at(2), 500))
	require.Equal(t, minus(120), c.Database("y", true, at(3), 500))
}

// The times of the newest events are kept; what takes others back counts at no time.
func TestTimes_are_kept_of_so_many_events(t *testing.T) {
	const more = 3
	var c Comments
	for n := range int64(Kept + more) {
		require.Equal(t, plus(1000+n), c.Client("", 1000+n))
	}
	require.Len(t, c.Waiting, Kept)
	for n := range int64(Kept) {
		want := minus(1000 + n)
		if n < more {
			want = minus(0)
		}
		require.Equal(t, want, c.Database(fmt.Sprint("id", n), true, at(n), 1), n)
	}
}

func TestIDs_that_no_event_can_have_are_not_kept(t *testing.T) {
	var c Comments
	require.Equal(t, plus(100), c.Database(strings.Repeat("a", MaxID+1), false, at(1), 100))
	require.Equal(t, agreed(Agreed), c.Client("", 100))
	require.Equal(t, minus(0), c.Database(strings.Repeat("a", MaxID+1), true, at(2), 200))
	require.Empty(t, c.Known)
	require.Equal(t, plus(300), c.Client(strings.Repeat("a", MaxID), 300))
	require.Len(t, c.Known, 1)
}

// A comment that becomes a number may turn out to be one that the database had told of.
func TestCount_falls_when_a_number_pairs(t *testing.T) {
	const limit = 1
	var c Comments
	require.Equal(t, plus(100), c.client("b", 100, limit))
	require.Equal(t, plus(200), c.database("c", false, at(1), 200, limit))
	require.Equal(t, minus(100), c.database("a", true, at(2), 300, limit))
	require.Equal(t, Comments{Nameless: 1, Unnamed: 1, Known: []Comment{{ID: "a", Created: true, Deleted: true, Position: at(2)}}}, c)
}
