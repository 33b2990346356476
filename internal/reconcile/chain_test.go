package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// links are inserts that follow each other, each of as many rows as offsets.
func links(rows ...int64) []Link {
	var all []Link
	before := int64(0)
	for i, n := range rows {
		at := noon.Add(time.Duration(i) * time.Minute)
		all = append(all, Link{before, before + n - 1, before, n, n, n, before, before + n - 1, at, at.Add(time.Second)})
		before += n
	}
	return all
}

// named is a finding without its words.
type named struct {
	Kind        Kind
	First, Last int64
	Rows        int64
}

func judged(all []Link, next, until, applied int64) (found []named) {
	c := newChain("enriched-events", "id", 3, 0, -1, next)
	for _, l := range all {
		c.add(l)
	}
	c.end(applied)
	c.announced(until)
	for _, f := range c.findings {
		found = append(found, named{f.Kind, f.First, f.Last, f.Rows})
	}
	return found
}

func TestChain_names_what_breaks_it(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change               func(l []Link) []Link
		next, until, applied int64
		want                 []named
	}{
		"nothing":           {func(l []Link) []Link { return l }, 60, 60, 60, nil},
		"no rows, no chain": {func([]Link) []Link { return nil }, 7, 7, 0, nil},
		"a row is lost":     {func(l []Link) []Link { l[1].Count, l[1].Distinct = 19, 19; return l }, 60, 60, 60, []named{{LostRows, 10, 29, 1}}},
		"a row is doubled":  {func(l []Link) []Link { l[1].Count = 21; return l }, 60, 60, 60, []named{{DuplicateRows, 10, 29, 1}}},
		"one is lost, another doubled": {
			func(l []Link) []Link { l[1].Distinct = 19; return l }, 60, 60, 60,
			[]named{{DuplicateRows, 10, 29, 1}, {LostRows, 10, 29, 1}},
		},
		"an insert is lost":          {func(l []Link) []Link { return []Link{l[0], l[2]} }, 60, 60, 60, []named{{LostInsert, 10, 29, 20}}},
		"the first is lost":          {func(l []Link) []Link { return l[1:] }, 60, 60, 60, []named{{LostInsert, 0, 9, 10}}},
		"the last is lost":           {func(l []Link) []Link { return l[:2] }, 60, 60, 60, []named{{LostInsert, 30, 59, 30}}},
		"all are lost":               {func([]Link) []Link { return nil }, 60, 60, 60, []named{{LostInsert, 0, 59, 60}}},
		"two in a row are lost":      {func(l []Link) []Link { return l[:1] }, 60, 60, 60, []named{{LostInsert, 10, 59, 50}}},
		"an insert is doubled":       {func(l []Link) []Link { l[0].Count = 20; return l }, 60, 60, 60, []named{{DoubledInsert, 0, 9, 10}}},
		"a range under another":      {func(l []Link) []Link { return append(l, Link{40, 49, 40, 10, 10, 10, 40, 49, noon, noon}) }, 60, 60, 60, []named{{DuplicateRows, 40, 49, 10}}},
		"rows of other offsets":      {func(l []Link) []Link { l[2].Highest = 99; return l }, 60, 60, 60, []named{{StrayRows, 30, 59, 1}}},
		"rows beyond the number":     {func(l []Link) []Link { l[2].Count, l[2].Distinct = 31, 31; return l }, 60, 60, 60, []named{{StrayRows, 30, 59, 1}}},
		"announced, not there":       {func(l []Link) []Link { return l[:2] }, 30, 60, 30, nil},
		"announced, half there":      {func(l []Link) []Link { l[2].Count, l[2].Distinct = 7, 7; return l }, 30, 60, 30, nil},
		"never announced":            {func(l []Link) []Link { return l }, 30, 30, 30, []named{{StrayRows, 30, 59, 30}}},
		"announced but for the last": {func(l []Link) []Link { return l }, 30, 59, 30, []named{{StrayRows, 30, 59, 30}}},
		"across the commit":          {func(l []Link) []Link { return l }, 45, 60, 45, []named{{StrayRows, 30, 59, 15}}},
		"more than was counted":      {func(l []Link) []Link { return l }, 60, 60, 59, []named{{StrayRows, 30, 59, 1}}},
		"one of two months of a range is lost": {
			func(l []Link) []Link {
				l[1] = Link{10, 29, 10, 5, 5, 5, 10, 14, noon, noon}
				return l
			}, 60, 60, 60,
			[]named{{LostInsert, 10, 59, 15}}, // it may be of either range: the log says of which
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, judged(c.change(links(10, 20, 30)), c.next, c.until, c.applied))
		})
	}
}

func TestChain_names_the_hours(t *testing.T) {
	t.Parallel()
	all := links(10, 20, 30)
	c := newChain("enriched-events", "id", 3, 0, -1, 60)
	for _, l := range []Link{all[0], all[2]} {
		c.add(l)
	}
	c.end(60)
	require.Len(t, c.findings, 1)
	f := c.findings[0]
	require.Equal(t, all[0].To, f.From, "it lay behind this")
	require.Equal(t, all[2].From, f.To, "and before this")
	require.EqualValues(t, 3, f.Partition)
	require.Equal(t, "enriched-events", f.Topic)
	require.Equal(t, Inserts{TopicID: "id", Partition: 3, Inserts: 2, Rows: 40}, c.report())
}
