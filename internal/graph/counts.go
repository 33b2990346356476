package graph

import "slices"

// scratch is what a look at the graph needs beside it. It is used again, so that a look allocates what it returns only.
type scratch struct {
	narrow  []uint16 // by user; all 0 between two looks
	wide    []uint32
	touched []int32
	items   []item
	vias    []firsts // of the items
}

// denseShare is the part of all users, as a divisor, from which on it is quicker to look at all counts in a row than to
// remember which of them are not 0.
const denseShare = 4

// count finds the best candidates of u, in order. It returns counts, grown to the size of the graph and all 0 again.
func count[C uint16 | uint32](g *Graph, u int32, counts []C, s *scratch, best *top) []C {
	counts = slices.Grow(counts[:0], len(g.names))[:len(g.names)]
	if steps := g.steps(u); steps > len(counts)/denseShare {
		countAll(g, u, counts, best)
	} else {
		s.touched = countTouched(g, u, counts, s.touched[:0], best)
	}
	s.vias = explain(g, u, counts, best.items, s.vias[:0])
	return counts
}

// steps returns how many edges begin at followees of u.
func (g *Graph) steps(u int32) (n int) {
	for _, f := range g.out[u] {
		n += len(g.out[f])
	}
	return n
}

func countAll[C uint16 | uint32](g *Graph, u int32, counts []C, best *top) {
	for _, f := range g.out[u] {
		if g.gone[f] {
			continue
		}
		for _, w := range g.out[f] {
			counts[w]++
		}
	}
	exclude(g, u, counts)
	for w, c := range counts {
		if uint32(c) > best.below {
			best.offer(int32(w), uint32(c)) //nolint:gosec // users are numbered by int32
		}
	}
	clear(counts)
}

func countTouched[C uint16 | uint32](g *Graph, u int32, counts []C, touched []int32, best *top) []int32 {
	for _, f := range g.out[u] {
		if g.gone[f] {
			continue
		}
		for _, w := range g.out[f] {
			if counts[w] == 0 {
				touched = append(touched, w)
			}
			counts[w]++
		}
	}
	exclude(g, u, counts)
	for _, w := range touched {
		if c := uint32(counts[w]); c > best.below {
			best.offer(w, c)
		}
		counts[w] = 0
	}
	return touched
}

// exclude takes out whom u is not to be told of: itself, and whom it follows.
func exclude[C uint16 | uint32](g *Graph, u int32, counts []C) {
	counts[u] = 0
	for _, f := range g.out[u] {
		counts[f] = 0
	}
}

// explain finds for each of the best through whom u may know it. It marks u's followees in counts meanwhile.
func explain[C uint16 | uint32](g *Graph, u int32, counts []C, best []item, vias []firsts) []firsts {
	followees := g.out[u]
	for _, f := range followees {
		if !g.gone[f] {
			counts[f] = 1
		}
	}
	for _, it := range best {
		var via firsts
		if followers := g.in[it.user]; len(followers) <= 8*len(followees) {
			for _, f := range followers {
				if counts[f] == 1 {
					via.add(g, f)
				}
			}
		} else { // a celebrity has more followers than a look at each followee costs
			for _, f := range followees {
				if counts[f] == 1 {
					if _, found := slices.BinarySearch(g.out[f], it.user); found {
						via.add(g, f)
					}
				}
			}
		}
		vias = append(vias, via)
	}
	for _, f := range followees {
		counts[f] = 0
	}
	return vias
}

// firsts are the first few users by id.
type firsts struct {
	list [MaxVia]int32
	n    int
}

func (v *firsts) users() []int32 { return v.list[:v.n] }

func (v *firsts) add(g *Graph, user int32) {
	if v.n == MaxVia {
		if !g.before(user, v.list[MaxVia-1]) {
			return
		}
		v.n--
	}
	at := v.n
	for at > 0 && g.before(user, v.list[at-1]) {
		v.list[at] = v.list[at-1]
		at--
	}
	v.list[at] = user
	v.n++
}
