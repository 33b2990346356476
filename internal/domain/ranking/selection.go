package ranking

import "slices"

// selection keeps the first k of the items offered to it. It collects up to 2k, then sorts and cuts: most items of a
// long list fall to one comparison with the k-th.
type selection struct {
	k     int
	items []Item
	cut   bool // items[k-1] was the k-th when last cut: nothing behind it can matter
	worst Item
}

func newSelection(k int) *selection { return &selection{k: k} }

func (s *selection) offer(item *Item) {
	if s.k <= 0 || s.cut && (item.Score < s.worst.Score || Compare(*item, s.worst) > 0) {
		return
	}
	s.items = append(s.items, *item)
	if len(s.items) >= 2*s.k {
		s.trim()
	}
}

func (s *selection) trim() {
	slices.SortFunc(s.items, Compare)
	if len(s.items) >= s.k {
		s.items = s.items[:s.k]
		s.worst, s.cut = s.items[s.k-1], true
	}
}

// sorted returns the selected items from the top.
func (s *selection) sorted() []Item {
	if s.k > 0 {
		s.trim()
	}
	return s.items
}
