package reaction

import (
	"slices"
	"strings"
)

// find returns the place of an id among those that are known, and whether it is there.
func (c *Comments) find(id string) (at int, found bool) {
	return slices.BinarySearchFunc(c.Known, id, func(k Comment, id string) int { return strings.Compare(k.ID, id) })
}

// beyond reports whether an id is not to be kept: there are limit smaller ones. So which are kept in the end does not
// depend on the order in which they came.
func (c *Comments) beyond(id string, limit int) bool {
	return len(id) > MaxID || len(c.Known) >= limit && id > c.Known[len(c.Known)-1].ID
}

// fit makes a number of the comment with the highest id if there are more than limit. e is what came of the one at i, which
// is why there are.
func (c *Comments) fit(i int, e Effect, limit int) Effect {
	if len(c.Known) <= limit {
		return e
	}
	last := c.Known[len(c.Known)-1]
	unnamed := c.unnamed()
	c.Known = slices.Delete(c.Known, len(c.Known)-1, len(c.Known))
	if last.Named {
		c.Nameless++
	}
	if last.Created {
		c.Unnamed++
	}
	switch {
	case last.Created:
	case c.Nameless > unnamed:
		c.wait(last.At)
	case e.Delta > 0: // one of the database stands for the event that named it, and there is one more: the count stays
		c.Known[i].At = last.At
		return Effect{Verdict: Agreed}
	default:
		return minus(last.At)
	}
	return e
}

// unnamed returns how many comments the database has told of that no client names, deleted ones included.
func (c *Comments) unnamed() int64 {
	n := c.Unnamed
	for i := range c.Known {
		if k := &c.Known[i]; k.Created && !k.Named {
			n++
		}
	}
	return n
}

// wait keeps the time at which an event without an id was counted.
func (c *Comments) wait(at int64) {
	if len(c.Waiting) >= Kept {
		c.Waiting = slices.Delete(c.Waiting, 0, 1)
	}
	c.Waiting = append(c.Waiting, at)
}

// take returns the time of the longest waiting of the events that wait, 0 if it is not known any more. There is one.
func (c *Comments) take() (at int64) {
	if int64(len(c.Waiting)) < c.Nameless-c.unnamed() {
		return 0
	}
	at = c.Waiting[0]
	if c.Waiting = slices.Delete(c.Waiting, 0, 1); len(c.Waiting) == 0 {
		c.Waiting = nil
	}
	return at
}
