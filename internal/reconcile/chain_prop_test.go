package reconcile

import (
	"cmp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// stored is a row of post_events, as far as the chain goes.
type stored struct{ offset, first, last, before, rows int64 }

// group makes links of rows as links.sql does.
func group(rows []stored) []Link {
	type key struct{ first, last, before, rows int64 }
	by, distinct := map[key]*Link{}, map[stored]bool{}
	for _, r := range rows {
		k := key{r.first, r.last, r.before, r.rows}
		l := by[k]
		if l == nil {
			l = &Link{First: r.first, Last: r.last, Before: r.before, Rows: r.rows, Lowest: r.offset, Highest: r.offset}
			by[k] = l
		}
		l.Count++
		if !distinct[r] {
			distinct[r] = true
			l.Distinct++
		}
		l.Lowest, l.Highest = min(l.Lowest, r.offset), max(l.Highest, r.offset)
	}
	var all []Link
	for _, l := range by {
		all = append(all, *l)
	}
	slices.SortFunc(all, func(a, b Link) int {
		return cmp.Or(cmp.Compare(a.Before, b.Before), cmp.Compare(a.First, b.First), cmp.Compare(a.Last, b.Last))
	})
	return all
}

// written draws what a sink writes: batches one after the other, in which some records become no row, each batch in one
// or more inserts. The log is what the topic holds.
func written(t *rapid.T) (rows []stored, log []Record, next int64) {
	before := int64(0)
	for range rapid.IntRange(1, 12).Draw(t, "batches") {
		first, last := next, next+int64(rapid.IntRange(1, 9).Draw(t, "records"))-1
		parts := map[int][]int64{}
		for o := first; o <= last; o++ {
			log = append(log, Record{Offset: o, RootTime: o})
			if rapid.IntRange(0, 9).Draw(t, "becomes a row") > 1 {
				part := rapid.IntRange(0, 2).Draw(t, "month")
				parts[part] = append(parts[part], o)
			}
		}
		for part := range 3 {
			for _, o := range parts[part] {
				rows = append(rows, stored{o, first, last, before, int64(len(parts[part]))})
			}
			before += int64(len(parts[part]))
		}
		next = last + 1
	}
	return rows, log, next
}

// find judges rows, and looks for the offsets as a comparison does.
func find(rows []stored, log []Record, next, applied int64) []Finding {
	c := newChain("enriched-events", "id", 0, 0, -1, next)
	for _, l := range group(rows) {
		c.add(l)
	}
	c.end(applied)
	for i := range c.findings {
		f := &c.findings[i]
		if !f.worthLooking() {
			continue
		}
		there := map[int64]int64{}
		for _, r := range rows {
			if r.offset >= f.lookFrom && r.offset <= f.lookTo {
				there[r.offset]++
			}
		}
		if !f.gone {
			f.nameRepeated(there)
			continue
		}
		f.nameMissing(there, slices.DeleteFunc(slices.Clone(log), func(r Record) bool { return r.Offset < f.lookFrom || r.Offset > f.lookTo }), 0)
	}
	return c.findings
}

// A single row that is lost, or there twice, wherever it is, is the one finding, and its offset lies in the range named;
// with no other records without a row around, the range is that offset. What is whole has no finding.
func TestChain_finds_any_single_row(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, log, next := written(t)
		applied := int64(len(rows))
		require.Empty(t, find(rows, log, next, applied))
		if applied == 0 {
			return
		}
		i := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
		victim := rows[i]
		lost := rapid.Bool().Draw(t, "lost")
		if lost {
			rows = slices.Delete(slices.Clone(rows), i, i+1)
		} else {
			rows = append(rows, victim)
		}
		found := find(rows, log, next, applied)
		require.Len(t, found, 1)
		f := found[0]
		require.EqualValues(t, 1, f.Rows)
		require.LessOrEqual(t, f.First, victim.offset)
		require.GreaterOrEqual(t, f.Last, victim.offset)
		if !lost {
			require.Contains(t, []Kind{DuplicateRows, DoubledInsert}, f.Kind)
			require.True(t, f.Exact)
		} else {
			require.Contains(t, []Kind{LostRows, LostInsert}, f.Kind)
			require.Equal(t, f.Exact, f.First == f.Last)
		}
		if f.Exact {
			require.Equal(t, victim.offset, f.First)
			require.Equal(t, victim.offset, f.Last)
		}
	})
}

// A whole insert that is lost, or there twice, is found with as many rows as it had, within the range named.
func TestChain_finds_any_insert(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rows, log, next := written(t)
		if len(rows) == 0 {
			return
		}
		applied := int64(len(rows))
		victim := rows[rapid.IntRange(0, len(rows)-1).Draw(t, "row")]
		mine := func(r stored) bool { return r.before == victim.before }
		if rapid.Bool().Draw(t, "lost") {
			rows = slices.DeleteFunc(slices.Clone(rows), mine)
		} else {
			for _, r := range slices.Clone(rows) {
				if mine(r) {
					rows = append(rows, r)
				}
			}
		}
		found := find(rows, log, next, applied)
		require.Len(t, found, 1)
		require.Contains(t, []Kind{LostInsert, DoubledInsert}, found[0].Kind)
		require.Equal(t, victim.rows, found[0].Rows)
		require.LessOrEqual(t, found[0].First, victim.offset)
		require.GreaterOrEqual(t, found[0].Last, victim.offset)
	})
}
