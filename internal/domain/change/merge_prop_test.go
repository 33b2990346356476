package change_test

import (
	"cmp"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

// history draws what happened to one row in its database, each change at a position of its own: values are written,
// left unchanged, and their columns come and go.
func history(t *rapid.T) []change.Change {
	var all []change.Change
	at := change.Position{LSN: 1}
	for n := range rapid.IntRange(1, 8).Draw(t, "changes") {
		if rapid.IntRange(0, 9).Draw(t, "new source") == 0 {
			at = change.Position{Epoch: at.Epoch + 1, LSN: 1}
		}
		at.Offset++ // in one transaction, while others ended
		if rapid.Bool().Draw(t, "commit") {
			at.LSN, at.Offset = at.LSN+rapid.Int64Range(1, 3).Draw(t, "lsn"), 0
		}
		c := change.Change{Position: at, CommitMS: int64(n), Deleted: rapid.IntRange(0, 4).Draw(t, "delete") == 0}
		if !c.Deleted {
			values := map[string]string{}
			for _, name := range []string{"a", "b", "c"} {
				switch rapid.IntRange(0, 3).Draw(t, name) {
				case 0: // there is no such column now
				case 1:
					c.Unchanged = append(c.Unchanged, name)
				default:
					values[name] = strconv.Itoa(n)
				}
			}
			c.Columns = change.ColumnsOf(values)
		}
		all = append(all, c)
	}
	return all
}

// shuffled draws the changes in any order, some of them several times.
func shuffled(t *rapid.T, all []change.Change) []change.Change {
	came := slices.Clone(all)
	for range rapid.IntRange(0, 5).Draw(t, "repeats") {
		came = append(came, rapid.SampledFrom(all).Draw(t, "again"))
	}
	return rapid.Permutation(came).Draw(t, "order")
}

// naive says what the row is by looking at all changes above the truncation.
func naive(all []change.Change, truncated change.Position) *change.Row {
	all = slices.DeleteFunc(slices.Clone(all), func(c change.Change) bool { return c.Position.Before(truncated) })
	slices.SortFunc(all, func(a, b change.Change) int {
		return cmp.Or(cmp.Compare(a.Position.Epoch, b.Position.Epoch), cmp.Compare(a.Position.LSN, b.Position.LSN),
			cmp.Compare(a.Position.Offset, b.Position.Offset))
	})
	if len(all) == 0 {
		return nil
	}
	top := all[len(all)-1]
	values := map[string]string{}
	for _, c := range top.Columns {
		values[c.Name] = c.Value
	}
	row := &change.Row{Position: top.Position, Deleted: top.Deleted, CommitMS: top.CommitMS}
	for _, name := range top.Unchanged {
		kept := change.Kept{Name: name}
		for _, c := range slices.Backward(all[:len(all)-1]) {
			if slices.Contains(c.Unchanged, name) {
				continue
			}
			value, known := c.Columns.Get(name)
			kept.Since, kept.Known = c.Position, known
			if known {
				values[name] = value
			}
			break
		}
		row.Kept = append(row.Kept, kept)
	}
	row.Columns = change.ColumnsOf(values)
	return row
}

// plain drops what may differ: which delivery came first, and since when something is unknown.
func plain(r *change.Row) *change.Row {
	if r == nil {
		return nil
	}
	p := *r
	p.Position.Offset, p.Kept = 0, nil
	for _, k := range r.Kept {
		k.Since.Offset = 0
		if !k.Known {
			k.Since = change.Position{}
		}
		p.Kept = append(p.Kept, k)
	}
	if len(p.Columns) == 0 {
		p.Columns = nil
	}
	return &p
}

func TestMerge_is_the_highest_position_whatever_the_order(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := history(t)
		var row *change.Row
		for _, c := range shuffled(t, all) {
			row, _ = change.Merge(row, &c)
		}
		require.Equal(t, plain(naive(all, change.Position{})), plain(row))
	})
}

// A truncation comes at any time, too, and once it has, changes below it are not merged.
func TestTruncate_is_the_same_whenever_it_comes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := history(t)
		at := rapid.SampledFrom(all).Draw(t, "truncated after").Position
		at.LSN++ // if the next change has the same, it lies behind
		came := shuffled(t, all)
		when := rapid.IntRange(0, len(came)).Draw(t, "when")
		var row *change.Row
		for i, c := range came {
			if i == when {
				row, _ = change.Truncate(row, at)
			}
			if i >= when && c.Position.Before(at) {
				continue
			}
			row, _ = change.Merge(row, &c)
		}
		row, _ = change.Truncate(row, at)
		require.Equal(t, plain(naive(all, at)), plain(row))
		again, changed := change.Truncate(row, at)
		require.False(t, changed)
		require.Equal(t, row, again)
	})
}
