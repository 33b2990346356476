package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestView_is_compared_by_the_hour(t *testing.T) {
	t.Parallel()
	hour := func(s Sums) map[time.Time]Sums { return map[time.Time]Sums{noon: s} }
	require.Empty(t, compareView(hour(Sums{1, 2, 3, 4}), hour(Sums{1, 2, 3, 4}), hour(Sums{1, 2, 3, 4})))
	require.Empty(t, compareView(hour(Sums{1, 2, 3, 4}), hour(Sums{2, 2, 3, 4}), hour(Sums{3, 2, 3, 4})), "rows arrive")
	for want, view := range map[string]map[time.Time]Sums{
		"likes of post_engagement_hourly: 1, the rows say 2":  hour(Sums{1, 1, 3, 4}),
		"shares of post_engagement_hourly: 5, the rows say 4": hour(Sums{1, 2, 3, 5}),
	} {
		found := compareView(hour(Sums{1, 2, 3, 4}), view, hour(Sums{1, 2, 3, 4}))
		require.Equal(t, []Finding{{Kind: View, Partition: -1, First: -1, Last: -1, Rows: 1, From: noon, To: noon.Add(time.Hour), Happened: true, Detail: want}}, found)
		require.Equal(t, "all partitions, happened 2026-11-28T12:00:00Z to 2026-11-28T13:00:00Z: "+want, found[0].String())
	}
	found := compareView(nil, hour(Sums{Views: 2}), nil)
	require.Len(t, found, 1)
	require.EqualValues(t, 2, found[0].Rows, "an hour the rows do not know")
}

// What is past retention is no loss; what is not, is.
func TestMissing_rows_may_be_past_retention(t *testing.T) {
	t.Parallel()
	log := []Record{{10, 5, 100}, {11, 50, 101}, {12, 6, 102}}
	lost := func(rows int64) Finding {
		return Finding{Kind: LostInsert, Topic: "t", First: 8, Last: 20, Rows: rows, gone: true}
	}
	f := lost(2)
	require.Equal(t, "2 rows of t/0, offsets 8..20, are past the retention of post_events", f.nameMissing(map[int64]int64{11: 1}, log, 7))
	f = lost(2)
	require.Empty(t, f.nameMissing(map[int64]int64{11: 1}, log, 6), "one is young enough")
	require.True(t, f.Exact)
	require.EqualValues(t, 10, f.First)
	require.EqualValues(t, 12, f.Last)
	require.Equal(t, unixMS(100), f.From)
	require.Equal(t, unixMS(102), f.To)
	f = lost(2)
	require.Contains(t, f.nameMissing(nil, nil, 6), "not comparable before offset 21 of t/0")
	f = lost(2)
	require.Empty(t, f.nameMissing(nil, nil, 0), "without retention it is a loss")
	require.EqualValues(t, 8, f.First)
	f = lost(1)
	require.Empty(t, f.nameMissing(nil, log, 0))
	require.False(t, f.Exact)
	require.Contains(t, f.Detail, "3 records of the range have no row")
}
