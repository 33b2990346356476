// Package graph keeps who follows whom in memory, and says whom a user may want to follow.
//
//	graph.go    Graph: names, edges, users who are gone
//	suggest.go  Suggest: whom the followees of a user follow, counted exactly
//	counts.go   the counting itself
//	top.go      the best of what was counted
//	touched.go  whose suggestions a change may alter
//
// Names are numbered as they come; edges are lists of numbers, both ways. A change takes its place while readers wait:
// nothing is ever built anew, and the longest wait is for an unfollow of somebody with very many followers, among whom the
// one is looked for (BenchmarkUnfollow). A reader sees the graph as it was at one moment, so it is never suggested to itself,
// nor whom it follows.
//
// It is as current as what it was told. The same edges may be told again, in any order: they are a set. Names are never
// forgotten, even when their last edge is gone. It does no I/O, does not know Kafka or Redis, and lists nobody: package
// timeline does.
package graph

import (
	"encoding/binary"
	"slices"
	"sync"
)

// Graph is a directed graph of users. Its methods may be called from several goroutines at once.
type Graph struct {
	mu      sync.RWMutex
	numbers map[string]int32
	names   []string
	heads   []uint64  // of each name its first eight bytes, which decide most comparisons
	out     [][]int32 // followees, ascending
	in      [][]int32 // followers, in no order
	gone    []bool
	edges   int

	scratch sync.Pool // *scratch
}

// New returns an empty graph.
func New() *Graph {
	return &Graph{numbers: map[string]int32{}, scratch: sync.Pool{New: func() any { return new(scratch) }}}
}

// Set says whether a user follows another. It reports whether that is news.
func (g *Graph) Set(follower, followee string, follows bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !follows {
		return g.remove(follower, followee)
	}
	u, v := g.number(follower), g.number(followee)
	at, found := slices.BinarySearch(g.out[u], v)
	if found {
		return false
	}
	g.out[u] = slices.Insert(g.out[u], at, v)
	g.in[v] = append(g.in[v], u)
	g.edges++
	return true
}

func (g *Graph) remove(follower, followee string) bool {
	u, knownU := g.numbers[follower]
	v, knownV := g.numbers[followee]
	if !knownU || !knownV {
		return false
	}
	at, found := slices.BinarySearch(g.out[u], v)
	if !found {
		return false
	}
	g.out[u] = slices.Delete(g.out[u], at, at+1)
	in := g.in[v]
	at = slices.Index(in, u)
	in[at] = in[len(in)-1]
	g.in[v] = in[:len(in)-1]
	g.edges--
	return true
}

// SetGone says whether a user is deleted. It reports whether that is news. Who is deleted is not suggested, and is no reason
// to suggest anybody; the edges stay, for the database may bring the user back.
func (g *Graph) SetGone(user string, gone bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if _, known := g.numbers[user]; !known && !gone {
		return false
	}
	n := g.number(user)
	if g.gone[n] == gone {
		return false
	}
	g.gone[n] = gone
	return true
}

// Follows reports whether a user follows another.
func (g *Graph) Follows(follower, followee string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	u, knownU := g.numbers[follower]
	v, knownV := g.numbers[followee]
	if !knownU || !knownV {
		return false
	}
	_, found := slices.BinarySearch(g.out[u], v)
	return found
}

// Knows reports whether a user has, or ever had, an edge, or was told to be gone.
func (g *Graph) Knows(user string) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	_, known := g.numbers[user]
	return known
}

// Size returns how many users there are, and how many edges between them.
func (g *Graph) Size() (users, edges int) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.names), g.edges
}

// number returns the number of a name, a new one if need be.
func (g *Graph) number(name string) int32 {
	if n, known := g.numbers[name]; known {
		return n
	}
	n := int32(len(g.names)) //nolint:gosec // two billion users are beyond a process's memory
	g.numbers[name] = n
	g.names = append(g.names, name)
	g.heads = append(g.heads, head(name))
	g.out, g.in, g.gone = append(g.out, nil), append(g.in, nil), append(g.gone, false)
	return n
}

// head orders names as their first eight bytes do.
func head(name string) uint64 {
	var b [8]byte
	copy(b[:], name)
	return binary.BigEndian.Uint64(b[:])
}

// before reports whether the name of a comes before that of b.
func (g *Graph) before(a, b int32) bool {
	if x, y := g.heads[a], g.heads[b]; x != y {
		return x < y
	}
	return g.names[a] < g.names[b]
}
