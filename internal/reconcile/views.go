package reconcile

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// counted are the counts of a view, in the order in which they are compared.
var counted = [...]string{"views", "likes", "comments", "shares", "impressions", "dwell_ms"}

// Spot is one post in a view, in the hour or minute that begins then (Unix seconds; 0 in a view without).
type Spot struct {
	Begin int64  `ch:"begin"`
	Post  string `ch:"post_id"`
}

// Said is what a view says of a post, and what its source says: at least what was there for sure before the view was made
// or read, at most what is there since. Each has all counts.
type Said struct {
	Spot  `ch:"-"`
	Least []int64
	Says  []int64
	Most  []int64
}

// off is by how much a count lies outside its bounds.
func (s Said) off(count int) int64 {
	return max(s.Least[count]-s.Says[count], s.Says[count]-s.Most[count], 0)
}

// Differing is where a view differs from its source, as a query has found it.
type Differing struct {
	Some   []Said
	Places int64 // how many there are in all
	Rows   int64 // by how much all of them differ
}

// still is what remains, given what the source says by now: the query may have seen its source before the view.
func (d Differing) still(now map[Spot][]int64) Differing {
	left := Differing{Places: d.Places, Rows: d.Rows}
	for _, s := range d.Some {
		differs := false
		s.Most = slices.Clone(s.Most)
		for count := range counted {
			before := s.off(count)
			if n := now[s.Spot]; n != nil {
				s.Most[count] = max(s.Most[count], n[count])
			}
			left.Rows -= before - s.off(count)
			differs = differs || s.off(count) > 0
		}
		if differs {
			left.Some = append(left.Some, s)
		} else {
			left.Places--
		}
	}
	return left
}

// maxNamed is how many posts of a view are named in one comparison; of the others it is told how many there are.
const maxNamed = 20

// findings names each count that differs. span gives the time of event times that a place stands for.
func (d Differing) findings(view, source string, span func(begin int64) (from, to time.Time)) (findings []Finding) {
	more := Finding{Kind: View, Partition: -1, First: -1, Last: -1, Rows: d.Rows}
	named := d.Some[:min(len(d.Some), maxNamed)]
	for _, s := range named {
		for count, name := range counted {
			off := s.off(count)
			if off == 0 {
				continue
			}
			more.Rows -= off
			f := Finding{Kind: View, Partition: -1, First: -1, Last: -1, Rows: off, Happened: true}
			f.From, f.To = span(s.Begin)
			f.Detail = fmt.Sprintf("%s of post %q in %s: %d, the %s say %s", name, s.Post, view, s.Says[count], source, fromTo(s.Least[count], s.Most[count]))
			findings = append(findings, f)
		}
	}
	if rest := d.Places - int64(len(named)); rest > 0 {
		more.Detail = fmt.Sprintf("%s differs from its %s in %d more places", view, source, rest)
		findings = append(findings, more)
	}
	return findings
}

func fromTo(lo, hi int64) string {
	if lo == hi {
		return strconv.FormatInt(lo, 10)
	}
	return fmt.Sprintf("%d to %d", lo, hi)
}
