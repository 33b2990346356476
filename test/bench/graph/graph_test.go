package graph

import (
	"maps"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/graph"
	"github.com/nova-social/nova-streams/internal/graph/graphtest"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

const (
	limit = 20
	data  = "../../../testdata/follows"
)

// leastBeside is how many times as many answers as Go maps the graph must give for the same CPU time. The aim is 5, and machines
// are noisy.
const leastBeside = 4.5

// TestSuggestions prints answers per second of CPU time, and how long the slowest took.
func TestSuggestions(t *testing.T) {
	if os.Getenv("NOVA_BENCH") == "" {
		t.Skip("takes minutes: make bench-graph")
	}
	rounds := benchtest.Number(t, "ROUNDS", 3)
	for _, set := range []struct {
		name  string
		edges []graphtest.Edge
	}{
		{"lastfm", graphtest.Edges(t, data, "lastfm_mutual.csv.gz", true)},
		{"nostr", graphtest.Edges(t, data, "nostr.csv.gz", false)},
		{"power law, 1 M edges", powerLaw(1_000_000)},
	} {
		readers := followers(set.edges)
		var ours, theirs []float64
		var waits []time.Duration
		for round := range rounds {
			// each is alone in memory: the collector is not to look through what is the other's
			for _, mine := range []bool{false, true} {
				rnd := rand.New(rand.NewPCG(uint64(round), 1))
				reader := func() string { return readers[rnd.IntN(len(readers))] }
				if mine {
					g := indexed(set.edges)
					ours = append(ours, rate(func() { g.Suggest(reader(), limit) }, &waits))
				} else {
					p := mapped(set.edges)
					theirs = append(theirs, rate(func() { p.suggest(reader(), limit) }, nil))
				}
			}
		}
		requireSame(t, indexed(set.edges), mapped(set.edges), readers)
		slices.Sort(waits)
		ratio := benchtest.Median(ours) / benchtest.Median(theirs)
		t.Logf("| %s | %.0f (%.0f–%.0f) | %.0f | %.1f | %v | %v | %v |", set.name, benchtest.Median(ours), slices.Min(ours), slices.Max(ours),
			benchtest.Median(theirs), ratio, waits[len(waits)/2], waits[len(waits)*99/100], waits[len(waits)-1])
		require.GreaterOrEqual(t, ratio, leastBeside, set.name)
	}
}

func followers(edges []graphtest.Edge) []string {
	known := map[string]bool{}
	for _, e := range edges {
		known[e.Follower] = true
	}
	return slices.Sorted(maps.Keys(known))
}

func indexed(edges []graphtest.Edge) *graph.Graph {
	g := graph.New()
	for _, e := range edges {
		g.Set(e.Follower, e.Followee, true)
	}
	return g
}

func mapped(edges []graphtest.Edge) plain {
	p := plain{}
	for _, e := range edges {
		p.set(e.Follower, e.Followee)
	}
	return p
}

// requireSame checks that what is compared says the same.
func requireSame(t *testing.T, g *graph.Graph, p plain, readers []string) {
	t.Helper()
	for range 100 {
		u := readers[rand.IntN(len(readers))]
		want, got := p.suggest(u, limit), g.Suggest(u, limit)
		require.Len(t, got, len(want))
		for i, w := range want {
			require.Equal(t, w, counted{got[i].UserID, got[i].MutualCount})
		}
	}
}

// rate calls f for two seconds and returns how often per second of CPU time of this process, collecting garbage included.
func rate(f func(), waits *[]time.Duration) float64 {
	if waits != nil {
		*waits = slices.Grow(*waits, 1<<20)
	}
	runtime.GC()
	began, spent, n := time.Now(), cpu(), 0
	for last := began; last.Sub(began) < 2*time.Second; n++ {
		f()
		now := time.Now()
		if waits != nil {
			*waits = append(*waits, now.Sub(last))
		}
		last = now
	}
	return float64(n) / (cpu() - spent).Seconds()
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestSize prints what an edge takes in memory, and how long a graph takes to be told of all its edges.
func TestSize(t *testing.T) {
	if os.Getenv("NOVA_BENCH") == "" {
		t.Skip("takes minutes: make bench-graph")
	}
	for _, n := range []int{1_000_000, 10_000_000} {
		edges := powerLaw(n)
		before := heap()
		began, spent := time.Now(), cpu()
		g := indexed(edges)
		took, used := time.Since(began), cpu()-spent
		users, all := g.Size()
		require.Equal(t, n, all)
		bytes := heap() - before
		t.Logf("| %d | %d | %.1f s (%.1f s CPU) | %.0f MiB | %.1f |", n, users, took.Seconds(), used.Seconds(), float64(bytes)/(1<<20), float64(bytes)/float64(n))
		runtime.KeepAlive(g)
		runtime.KeepAlive(edges)
	}
}

// heap returns the bytes in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // a heap is not that large
}
