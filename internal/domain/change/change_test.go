package change_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

func at(lsn, offset int64) change.Position { return change.Position{LSN: lsn, Offset: offset} }

func TestAt_is_where_commits_are_or_the_change_if_it_is_higher(t *testing.T) {
	require.Equal(t, change.Position{Epoch: 1, LSN: 9, Offset: 5}, change.At(1, 9, 5))
	require.Equal(t, change.Position{LSN: 5, Offset: 5}, change.At(0, 4, 5))
	require.Equal(t, change.Position{LSN: 5, Offset: 5}, change.At(0, 0, 5))
}

func TestCompare_by_epoch_then_lsn_then_offset(t *testing.T) {
	for _, c := range []struct {
		a, b change.Position
		want int
	}{
		{change.Position{Epoch: 1, LSN: 1}, change.Position{LSN: 9, Offset: 9}, 1},
		{at(2, 1), at(1, 9), 1},
		{at(2, 1), at(2, 9), -1},
		{at(2, 9), at(2, 9), 0},
		{at(0, 1), at(0, 9), -1},
		{at(0, 9), at(1, 1), -1},
	} {
		require.Equal(t, c.want, c.a.Compare(c.b), "%v %v", c.a, c.b)
		require.Equal(t, -c.want, c.b.Compare(c.a), "%v %v", c.b, c.a)
	}
	require.False(t, at(0, 1).Before(at(5, 0)), "of no position nothing is known")
	require.True(t, at(4, 9).Before(at(5, 0)))
	require.True(t, at(5, 0).Before(at(5, 9)))
	require.False(t, at(5, 9).Before(at(5, 9)))
}

func TestMerge_says_what_a_change_was(t *testing.T) {
	upsert := func(p change.Position, values map[string]string, unchanged ...string) *change.Change {
		return &change.Change{Position: p, Columns: change.ColumnsOf(values), Unchanged: unchanged}
	}
	row, was := change.Merge(nil, upsert(at(5, 1), map[string]string{"a": "1"}, "b"))
	require.Equal(t, change.Newest, was)
	require.Equal(t, []string{"b"}, row.Unknown())
	row, was = change.Merge(row, upsert(at(5, 1), map[string]string{"a": "1"}, "b"))
	require.Equal(t, change.Repeated, was)
	row, was = change.Merge(row, upsert(at(4, 8), map[string]string{"a": "0", "b": "2"}))
	require.Equal(t, change.Filled, was)
	require.Equal(t, change.ColumnsOf(map[string]string{"a": "1", "b": "2"}), row.Columns)
	row, was = change.Merge(row, upsert(at(3, 9), map[string]string{"b": "3"}))
	require.Equal(t, change.Older, was)
	row, was = change.Merge(row, &change.Change{Position: at(6, 10), Deleted: true})
	require.Equal(t, change.Newest, was)
	require.Equal(t, &change.Row{Position: at(6, 10), Deleted: true}, row)
	row, was = change.Merge(row, upsert(at(6, 11), map[string]string{"a": "4"}, "b"))
	require.Equal(t, change.Newest, was, "the other half of a change of the primary key")
	require.Equal(t, []string{"b"}, row.Unknown())
}

// An incremental snapshot reads the row at the position of its last change: what the log left out is known then.
func TestMerge_fills_what_is_unknown_at_the_same_position(t *testing.T) {
	row, _ := change.Merge(nil, &change.Change{Position: at(5, 1), Unchanged: []string{"text"}})
	row, was := change.Merge(row, &change.Change{Position: at(5, 1), Columns: change.ColumnsOf(map[string]string{"text": `"long"`})})
	require.Equal(t, change.Filled, was)
	require.Empty(t, row.Unknown())
	value, known := row.Columns.Get("text")
	require.True(t, known)
	require.Equal(t, `"long"`, value)
}

func TestRegressed_is_a_log_that_counts_anew(t *testing.T) {
	row := &change.Row{Position: at(100, 1), CommitMS: 1_000}
	for _, c := range []struct {
		p        change.Position
		commitMS int64
		want     bool
	}{
		{at(99, 2), 1_501, true},
		{at(99, 2), 1_500, false},
		{at(99, 2), 900, false},
		{at(100, 2), 9_000, false},
		{at(101, 2), 9_000, false},
		{change.Position{Epoch: 1, LSN: 9}, 9_000, false},
		{at(0, 2), 9_000, false},
	} {
		require.Equal(t, c.want, change.Regressed(row, &change.Change{Position: c.p, CommitMS: c.commitMS}, 500), "%+v", c)
	}
}
