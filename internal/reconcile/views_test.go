package reconcile

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func hourFrom(begin int64) (from, to time.Time) {
	from = time.Unix(begin, 0).UTC()
	return from, from.Add(time.Hour)
}

// A finding names view, hour, post, column and both numbers.
func TestView_findings_name_the_count(t *testing.T) {
	t.Parallel()
	d := Differing{Places: 1, Rows: 402, Some: []Said{{
		Spot{noon.Unix(), "p"}, []int64{1, 2, 3, 4, 5, 600}, []int64{1, 0, 3, 5, 7, 200}, []int64{1, 2, 3, 5, 7, 700},
	}}}
	want := func(rows int64, detail string) Finding {
		return Finding{Kind: View, Partition: -1, First: -1, Last: -1, Rows: rows, From: noon, To: noon.Add(time.Hour), Happened: true, Detail: detail}
	}
	found := d.findings("hourly", "rows", hourFrom)
	require.Equal(t, []Finding{
		want(2, `likes of post "p" in hourly: 0, the rows say 2`),
		want(400, `dwell_ms of post "p" in hourly: 200, the rows say 600 to 700`),
	}, found)
	require.Equal(t, `all partitions, happened 2026-11-28T12:00:00Z to 2026-11-28T13:00:00Z: likes of post "p" in hourly: 0, the rows say 2`, found[0].String())
}

// Rows that the view has counted before they were counted here are no difference; those that are still missing are.
func TestView_that_was_ahead_is_no_difference(t *testing.T) {
	t.Parallel()
	at := func(post string, least, says, most int64) Said {
		return Said{Spot{noon.Unix(), post}, []int64{least, 0, 0, 0, 0, 0}, []int64{says, 0, 0, 0, 0, 0}, []int64{most, 0, 0, 0, 0, 0}}
	}
	d := Differing{Places: 14, Rows: 100, Some: []Said{at("ahead", 1, 3, 1), at("more", 1, 5, 1), at("less", 4, 1, 4), at("gone", 0, 2, 0)}}
	left := d.still(map[Spot][]int64{
		{noon.Unix(), "ahead"}: {3, 0, 0, 0, 0, 0}, {noon.Unix(), "more"}: {3, 0, 0, 0, 0, 0}, {noon.Unix(), "less"}: {9, 0, 0, 0, 0, 0},
		{noon.Unix() + 3600, "gone"}: {9, 0, 0, 0, 0, 0},
	})
	require.Equal(t, Differing{Places: 13, Rows: 96, Some: []Said{at("more", 1, 5, 3), at("less", 4, 1, 9), at("gone", 0, 2, 0)}}, left)
	require.Equal(t, int64(1), d.Some[0].Most[0], "what was found is left as it is")
}

// Some posts are named, the others counted.
func TestView_findings_are_bounded(t *testing.T) {
	t.Parallel()
	d := Differing{Places: 1500, Rows: 4000}
	for i := range 30 {
		d.Some = append(d.Some, Said{Spot{noon.Unix(), strconv.Itoa(i)}, []int64{2, 0, 0, 0, 0, 0}, []int64{0, 0, 0, 0, 0, 0}, []int64{2, 0, 0, 0, 0, 0}})
	}
	found := d.findings("hourly", "rows", hourFrom)
	require.Len(t, found, maxNamed+1)
	last := found[maxNamed]
	require.EqualValues(t, 4000-2*maxNamed, last.Rows)
	require.Equal(t, "all partitions: hourly differs from its rows in 1480 more places", last.String())
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
