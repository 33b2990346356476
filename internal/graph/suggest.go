package graph

import "math"

// Limits of what is suggested.
const (
	MaxLimit = 100 // users
	MaxVia   = 3   // users named as the reason
)

// Suggestion is a user whom another may want to follow.
type Suggestion struct {
	UserID      string
	MutualCount int      // followees of the reader who follow the user
	Via         []string // the first of them by id, at most MaxVia
}

// Suggest returns the users whom most of a reader's followees follow, at most limit: by that number, then by id. The reader
// is not among them, nor whom it follows, nor who is deleted; deleted followees do not count. The cost is one step for
// each edge from a followee.
func (g *Graph) Suggest(reader string, limit int) []Suggestion {
	s, _ := g.scratch.Get().(*scratch)
	defer g.scratch.Put(s)
	g.mu.RLock()
	defer g.mu.RUnlock()
	u, known := g.numbers[reader]
	if !known || limit < 1 {
		return nil
	}
	best := top{graph: g, limit: min(limit, MaxLimit), items: s.items[:0]}
	if len(g.out[u]) < math.MaxUint16 { // no count can be higher
		s.narrow = count(g, u, s.narrow, s, &best)
	} else {
		s.wide = count(g, u, s.wide, s, &best)
	}
	s.items = best.items
	return g.named(best.items, s.vias)
}

// named says who was found, and through whom.
func (g *Graph) named(items []item, through []firsts) []Suggestion {
	found := make([]Suggestion, len(items))
	vias := make([]string, 0, MaxVia*len(items))
	for i, it := range items {
		from := len(vias)
		for _, f := range through[i].users() {
			vias = append(vias, g.names[f])
		}
		found[i] = Suggestion{g.names[it.user], int(it.count), vias[from:len(vias):len(vias)]}
	}
	return found
}
