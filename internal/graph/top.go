package graph

// item is a candidate.
type item struct {
	head  uint64 // of the user's name
	user  int32
	count uint32
}

// top holds the best candidates offered, in order.
type top struct {
	graph *Graph
	limit int
	below uint32 // a count that is not higher cannot be among the best
	items []item
}

// offer takes a candidate if it is among the best so far. It is put in its place from the end: most that are offered are
// worse than all, and the list is short.
func (t *top) offer(user int32, count uint32) {
	if t.graph.gone[user] {
		return
	}
	next := item{t.graph.heads[user], user, count}
	at := len(t.items)
	if at < t.limit {
		t.items = append(t.items, next)
	} else if at--; !t.better(next, t.items[at]) {
		return
	}
	for ; at > 0 && t.better(next, t.items[at-1]); at-- {
		t.items[at] = t.items[at-1]
	}
	t.items[at] = next
	if len(t.items) == t.limit {
		t.below = t.items[t.limit-1].count - 1 // one with the same count may have a smaller id
	}
}

func (t *top) better(a, b item) bool {
	if a.count != b.count {
		return a.count > b.count
	}
	if a.head != b.head {
		return a.head < b.head
	}
	return t.graph.names[a.user] < t.graph.names[b.user]
}
