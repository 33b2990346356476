package graph

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/graph/graphtest"
)

var sets = []struct {
	edges, suggest string
	mutual         bool
}{
	{"lastfm_mutual.csv.gz", "lastfm_suggest.json", true},
	{"nostr.csv.gz", "nostr_suggest.json", false},
}

func TestSuggest_equals_the_oracle(t *testing.T) {
	for _, set := range sets {
		t.Run(set.edges, func(t *testing.T) {
			g := New()
			for _, e := range graphtest.Edges(t, data, set.edges, set.mutual) {
				require.True(t, g.Set(e.Follower, e.Followee, true), "the file has no repeats")
			}
			for _, want := range graphtest.Expectations(t, data, set.suggest) {
				require.Len(t, g.out[g.numbers[want.UserID]], want.Followees)
				got := g.Suggest(want.UserID, 20)
				require.Len(t, got, len(want.Suggestions))
				for i, s := range want.Suggestions {
					require.Equal(t, s.UserID, got[i].UserID, "%s, place %d", want.UserID, i)
					require.Equal(t, s.MutualCount, got[i].MutualCount)
				}
			}
		})
	}
}

// ledger says since which of its changes a user follows another. A follow is noted after the graph was told of it, and struck
// out before it ends there: what is in the ledger is in the graph.
type ledger struct {
	mu      sync.Mutex
	changes int
	since   map[string]int
}

func (l *ledger) note(followee string, follows bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes++
	if _, noted := l.since[followee]; !follows {
		delete(l.since, followee)
	} else if !noted {
		l.since[followee] = l.changes
	}
}

func (l *ledger) last() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changes
}

// followed returns the first of some suggestions, asked for after a change, whom the user has followed ever since.
func (l *ledger) followed(suggested []Suggestion, change int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range suggested {
		if since, follows := l.since[s.UserID]; follows && since <= change {
			return s.UserID
		}
	}
	return ""
}

// TestSuggest_amid_changes follows and unfollows 20,000 times while readers look, one of them for whose follows change right
// now, then compares every user's suggestions with a plain count.
func TestSuggest_amid_changes(t *testing.T) {
	g, plain := New(), newMaps()
	edges := graphtest.Edges(t, data, "lastfm_mutual.csv.gz", true)
	for _, e := range edges {
		g.Set(e.Follower, e.Followee, true)
		plain.set(e.Follower, e.Followee, true)
	}
	var users []string
	ledgers := map[string]*ledger{}
	for u, followees := range plain.out {
		users = append(users, u)
		ledgers[u] = &ledger{since: map[string]int{}}
		for v := range followees {
			ledgers[u].note(v, true)
		}
	}
	slices.Sort(users)
	var done atomic.Bool
	var looks atomic.Int64
	var changing atomic.Pointer[string]
	changing.Store(&users[0])
	var readers sync.WaitGroup
	for n := range 4 {
		readers.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(n), 7))
			for !done.Load() {
				u := *changing.Load()
				if n > 0 {
					u = users[rnd.IntN(len(users))]
				}
				before := ledgers[u].last()
				suggested := g.Suggest(u, MaxLimit)
				if v := ledgers[u].followed(suggested, before); v != "" {
					t.Errorf("%s is told of %s, whom it follows", u, v)
				}
				for _, s := range suggested {
					if s.UserID == u {
						t.Errorf("%s is told of itself", u)
					}
					if s.MutualCount < len(s.Via) || len(s.Via) == 0 {
						t.Errorf("%d followees, but through %v", s.MutualCount, s.Via)
					}
				}
				looks.Add(1)
			}
		})
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		e := graphtest.Edge{Follower: users[rnd.IntN(len(users))], Followee: users[rnd.IntN(len(users))]}
		if rnd.IntN(2) == 0 {
			e = edges[rnd.IntN(len(edges))] // one that was there
		}
		u, v := e.Follower, e.Followee
		follow := rnd.IntN(2) == 0 && u != v
		changing.Store(&u)
		if !follow {
			ledgers[u].note(v, false)
		}
		require.Equal(t, plain.out[u][v] != follow, g.Set(u, v, follow))
		if follow {
			ledgers[u].note(v, true)
		}
		plain.set(u, v, follow)
		require.Equal(t, follow, g.Follows(u, v))
		require.Empty(t, ledgers[u].followed(g.Suggest(u, 20), ledgers[u].last()))
	}
	done.Store(true)
	readers.Wait()
	require.Positive(t, looks.Load())
	for _, u := range users {
		requireEqual(t, plain.suggest(u, 20), g.Suggest(u, 20))
	}
}

// TestSuggest_equals_maps compares with sets after any changes, deletions of users among them; ids differ before and after
// their eighth byte.
func TestSuggest_equals_maps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, plain := New(), newMaps()
		name := func(n int) string { return []string{"", "x", "longprefix-"}[n%3] + strconv.Itoa(n) }
		n := rapid.IntRange(2, 30).Draw(t, "users")
		user := rapid.Custom(func(t *rapid.T) string { return name(rapid.IntRange(0, n-1).Draw(t, "n")) })
		for range rapid.IntRange(0, 200).Draw(t, "changes") {
			u, v, on := user.Draw(t, "u"), user.Draw(t, "v"), rapid.IntRange(0, 3).Draw(t, "on") > 0
			if rapid.IntRange(0, 9).Draw(t, "what") == 0 {
				g.SetGone(u, on)
				plain.gone[u] = on
				continue
			}
			g.Set(u, v, on)
			plain.set(u, v, on)
		}
		edges := 0
		for i := range n {
			limit := rapid.IntRange(1, 12).Draw(t, "limit")
			requireEqual(t, plain.suggest(name(i), limit), g.Suggest(name(i), limit))
			edges += len(plain.out[name(i)])
		}
		_, got := g.Size()
		require.Equal(t, edges, got)
	})
}

// TestTouched_are_all_whose_suggestions_change compares the suggestions of all before and after a change.
func TestTouched_are_all_whose_suggestions_change(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := New()
		n := rapid.IntRange(2, 20).Draw(t, "users")
		user := rapid.Custom(func(t *rapid.T) string { return strconv.Itoa(rapid.IntRange(0, n-1).Draw(t, "n")) })
		for range rapid.IntRange(0, 80).Draw(t, "edges") {
			g.Set(user.Draw(t, "u"), user.Draw(t, "v"), true)
		}
		before := map[string][]Suggestion{}
		for i := range n {
			before[strconv.Itoa(i)] = g.Suggest(strconv.Itoa(i), MaxLimit)
		}
		u, v := user.Draw(t, "u"), user.Draw(t, "v")
		var touched []string
		if rapid.Bool().Draw(t, "goes") {
			g.SetGone(u, true)
			touched = g.TouchedByGoing(u)
			require.Contains(t, touched, u, "who is deleted gets no suggestions")
		} else {
			g.Set(u, v, !g.Follows(u, v))
			touched = g.Touched(u)
		}
		for i := range n {
			id := strconv.Itoa(i)
			if after := g.Suggest(id, MaxLimit); len(after)+len(before[id]) > 0 && !equal(before[id], after) {
				require.Contains(t, touched, id)
			}
		}
	})
}

func equal(a, b []Suggestion) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].UserID != b[i].UserID || a[i].MutualCount != b[i].MutualCount || len(a[i].Via) != len(b[i].Via) {
			return false
		}
		for j := range a[i].Via {
			if a[i].Via[j] != b[i].Via[j] {
				return false
			}
		}
	}
	return true
}

// TestSuggest_counts_beyond_16_bits has a user who follows 70,000 others, who all follow one more.
func TestSuggest_counts_beyond_16_bits(t *testing.T) {
	g := New()
	for i := range 70_000 {
		f := "f" + strconv.Itoa(i)
		g.Set("u", f, true)
		g.Set(f, "star", true)
	}
	require.Equal(t, []Suggestion{{"star", 70_000, []string{"f0", "f1", "f10"}}}, g.Suggest("u", 20))
	g.SetGone("f1", true)
	require.Equal(t, []Suggestion{{"star", 69_999, []string{"f0", "f10", "f100"}}}, g.Suggest("u", 20))
	g.SetGone("star", true)
	require.Empty(t, g.Suggest("u", 20))
}
