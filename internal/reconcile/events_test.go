package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

var threeHours = []time.Time{noon, noon.Add(time.Hour), noon.Add(2 * time.Hour)}

// account is what dedup says of n inputs.
func account(applied, duplicate, dead int64) schemas.Accounting {
	return schemas.Accounting{In: applied + duplicate + dead, Applied: applied, Duplicate: duplicate, Dead: dead}
}

func TestHours_add_up(t *testing.T) {
	t.Parallel()
	// offsets 0..9 lie before the first hour, 10..19 in it, none in the second, 20..29 in the third, and more behind the cut
	l := Log{Partition: 2, Cut: 30, Bounds: []int64{10, 20, 20}, Accounting: account(22, 5, 3)}
	rows := map[int]Slot{0: {8, 0}, 1: {7, 7}, 3: {7, 7}}
	dead := map[int]int64{1: 3}
	hours, findings := l.hours(threeHours, time.Time{}, rows, dead)
	require.Empty(t, findings)
	require.Equal(t, []Hour{
		{Hour: noon, Partition: 2, In: 10, Rows: 7, Dead: 3},
		{Hour: noon.Add(2 * time.Hour), Partition: 2, In: 10, Rows: 7, Repeats: 3},
	}, hours)
	total, findings := l.total(22, 3, true)
	require.Empty(t, findings)
	require.True(t, total.Compared)

	_, findings = l.hours(threeHours, time.Time{}, map[int]Slot{1: {8, 8}, 3: {11, 10}}, dead)
	require.Equal(t, []Finding{
		{Kind: DuplicateEvent, Partition: 2, First: 10, Last: 19, Rows: 1, From: noon, To: noon.Add(time.Hour), Detail: "10 records came, 8 rows and 3 dead letters are there"},
		{Kind: DuplicateEvent, Partition: 2, First: 20, Last: 29, Rows: 1, From: noon.Add(2 * time.Hour), To: noon.Add(3 * time.Hour), Detail: "11 rows of 10 events"},
	}, findings)
}

// The accounting and the rows agree up to what a crash has left open.
func TestTotal_tells_loss_from_repeats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rows, absorbed, letters int64
		all                     bool
		want                    []named
	}{
		{22, 0, 3, true, nil},
		{21, 0, 3, true, []named{{LostEvents, 0, 29, 1}}},
		{23, 0, 3, true, []named{{DuplicateEvent, 0, 29, 1}}},
		{23, 1, 3, true, nil},
		{24, 1, 3, true, []named{{DuplicateEvent, 0, 29, 1}}},
		{22, 0, 2, true, []named{{LostLetters, 0, 29, 1}}},
		{22, 0, 2, false, nil},
	} {
		l := Log{Cut: 30, Accounting: account(22, 5, 3)}
		l.Accounting.Absorbed = c.absorbed
		_, findings := l.total(c.rows, c.letters, c.all)
		var got []named
		for _, f := range findings {
			got = append(got, named{f.Kind, f.First, f.Last, f.Rows})
		}
		require.Equal(t, c.want, got, "%+v", c)
	}
}

// An hour of which the log has lost a part cannot be compared, nor one in which a topic of the same name began.
func TestHours_that_are_cut_are_left_out(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		start int64
		again bool
		floor time.Time
		want  int
	}{
		{0, false, time.Time{}, 3},
		{1, false, time.Time{}, 3},
		{10, false, time.Time{}, 2},
		{15, false, time.Time{}, 2},
		{0, true, time.Time{}, 3},
		{25, true, time.Time{}, 0},
		{0, false, noon.Add(time.Hour), 2},
	} {
		l := Log{Start: c.start, Cut: 40, Bounds: []int64{10, 20, 25}, Again: c.again}
		hours, _ := l.hours(threeHours, c.floor, map[int]Slot{}, nil)
		require.Len(t, hours, c.want, "%+v", c)
	}
	l := Log{Cut: 40, Bounds: []int64{0, 0, 25}, Again: true}
	hours, _ := l.hours(threeHours, time.Time{}, map[int]Slot{}, nil)
	require.Len(t, hours, 1, "the new topic began in the second hour")
}

// Whatever the hours, each record lies in one, and one event too many in any of them is found there.
func TestHours_find_any_event(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hours := make([]time.Time, rapid.IntRange(1, 6).Draw(t, "hours"))
		l := Log{}
		at := int64(0)
		for i := range hours {
			hours[i] = noon.Add(time.Duration(i) * time.Hour)
			at += int64(rapid.IntRange(0, 5).Draw(t, "records"))
			l.Bounds = append(l.Bounds, at)
		}
		l.Cut = at + int64(rapid.IntRange(1, 5).Draw(t, "last"))
		rows := map[int]Slot{}
		for o := range l.Cut {
			s := rows[l.slot(o)]
			rows[l.slot(o)] = Slot{s.Rows + 1, s.Distinct + 1}
		}
		found, findings := l.hours(hours, time.Time{}, rows, nil)
		require.Empty(t, findings)
		sum := l.Bounds[0]
		for _, h := range found {
			require.Zero(t, h.Repeats)
			sum += h.In
		}
		require.Equal(t, l.Cut, sum)

		again := rapid.Int64Range(l.Bounds[0], l.Cut-1).Draw(t, "twice")
		s := rows[l.slot(again)]
		rows[l.slot(again)] = Slot{s.Rows + 1, s.Distinct}
		_, findings = l.hours(hours, time.Time{}, rows, nil)
		require.Len(t, findings, 1)
		require.EqualValues(t, 1, findings[0].Rows)
		require.LessOrEqual(t, findings[0].First, again)
		require.GreaterOrEqual(t, findings[0].Last, again)
	})
}
