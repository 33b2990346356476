package ranking

import "slices"

// selection keeps the first k of the items offered to it. It collects up to 2k, then sorts and cuts: most items of a
// long list fall to one comparison with the k-th.
type selection struct {
	k     int
	items []*Item
	worst *Item // the k-th when last cut: nothing behind it can matter; nil before

	hidden func(postID string) bool // nil for none
}

// offer considers an item, which must not change until sorted.
func (s *selection) offer(item *Item) {
	if s.worst != nil && compare(item, s.worst) > 0 {
		return
	}
	if s.hidden != nil && s.hidden(item.PostID) {
		return
	}
	s.items = append(s.items, item)
	if len(s.items) >= 2*s.k {
		s.cut()
	}
}

func (s *selection) cut() {
	slices.SortFunc(s.items, compare)
	if len(s.items) >= s.k {
		s.items = s.items[:s.k]
		s.worst = s.items[s.k-1]
	}
}

// sorted returns copies of the selected items from the top.
func (s *selection) sorted() []Item {
	s.cut()
	items := make([]Item, len(s.items))
	for i, item := range s.items {
		items[i] = *item
	}
	return items
}
