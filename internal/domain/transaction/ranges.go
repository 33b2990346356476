package transaction

import "slices"

// Range is the numbers from First to Last, both included.
type Range struct {
	First int64 `avro:"first" json:"first"`
	Last  int64 `avro:"last" json:"last"`
}

// Ranges is a set of numbers: ascending, with a gap between any two.
type Ranges []Range

// With returns the set with n in it, and whether it was not. r is not to be used any more.
func (r Ranges) With(n int64) (Ranges, bool) {
	i, _ := slices.BinarySearchFunc(r, n, func(have Range, n int64) int {
		if have.Last < n {
			return -1
		}
		return 1
	})
	if i < len(r) && r[i].First <= n {
		return r, false
	}
	joinsBefore := i > 0 && r[i-1].Last == n-1
	joinsAfter := i < len(r) && r[i].First == n+1
	switch {
	case joinsBefore && joinsAfter:
		r[i-1].Last = r[i].Last
		r = slices.Delete(r, i, i+1)
	case joinsBefore:
		r[i-1].Last = n
	case joinsAfter:
		r[i].First = n
	default:
		r = slices.Insert(r, i, Range{n, n})
	}
	return r, true
}

// Len returns how many numbers there are.
func (r Ranges) Len() (n int64) {
	for _, have := range r {
		n += have.Last - have.First + 1
	}
	return n
}
