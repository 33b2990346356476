package change

import (
	"slices"
	"strings"
)

// Verdict is what a change was to a row.
type Verdict int

// The verdicts.
const (
	Newest   Verdict = iota // the row is what it says
	Filled                  // it is older, but gave a value that was missing
	Older                   // it says nothing new
	Repeated                // it came before
)

// Merge returns the row after c; r is nil for a row of which nothing is known. r is changed, and not to be used any more;
// c is not changed, and the row holds parts of it. Of a delete and an upsert at one position the upsert counts: they are
// the halves of a change of the primary key that is not ours.
func Merge(r *Row, c *Change) (*Row, Verdict) {
	if r == nil {
		return replace(nil, c), Newest
	}
	order := c.Position.Compare(r.Position)
	switch {
	case order > 0 || order == 0 && r.Deleted && !c.Deleted:
		return replace(r, c), Newest
	case fill(r, c):
		return r, Filled
	case order == 0:
		return r, Repeated
	}
	return r, Older
}

// replace returns the row that c says; what it leaves unchanged comes from r, nil for nothing.
func replace(r *Row, c *Change) *Row {
	next := &Row{Position: c.Position, Deleted: c.Deleted, CommitMS: c.CommitMS}
	if c.Deleted {
		return next
	}
	next.Columns = slices.Clone(c.Columns)
	for _, name := range c.Unchanged {
		kept, value := take(r, name)
		if kept.Known {
			next.Columns = next.Columns.With(name, strings.Clone(value)) // not a part of all that was read with it
		}
		next.Kept = append(next.Kept, kept)
	}
	slices.SortFunc(next.Kept, func(a, b Kept) int { return strings.Compare(a.Name, b.Name) })
	return next
}

// take returns what r says about a column.
func take(r *Row, name string) (kept Kept, value string) {
	if r == nil {
		return Kept{Name: name}, ""
	}
	value, known := r.Columns.Get(name)
	for _, k := range r.Kept {
		if k.Name == name {
			return k, value
		}
	}
	return Kept{name, r.Position, known}, value
}

// fill takes from c, which is not above r, the values of columns that r has kept since before c. It reports whether there
// were any.
func fill(r *Row, c *Change) (filled bool) {
	for i := range r.Kept {
		k := &r.Kept[i]
		order := c.Position.Compare(k.Since)
		if order < 0 || order == 0 && (k.Known || c.Deleted) || slices.Contains(c.Unchanged, k.Name) {
			continue
		}
		value, known := c.Columns.Get(k.Name)
		if order == 0 && !known {
			continue
		}
		k.Since, k.Known, filled = c.Position, known, true
		if known {
			r.Columns = r.Columns.With(k.Name, strings.Clone(value))
		} else {
			r.Columns = r.Columns.Without(k.Name)
		}
	}
	return filled
}
