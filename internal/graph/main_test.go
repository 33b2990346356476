package graph

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const data = "../../testdata/follows"

// maps is the plain counterpart of a Graph: sets of ids.
type maps struct {
	out  map[string]map[string]bool
	gone map[string]bool
}

func newMaps() *maps { return &maps{map[string]map[string]bool{}, map[string]bool{}} }

func (m *maps) set(follower, followee string, follows bool) {
	if m.out[follower] == nil {
		m.out[follower] = map[string]bool{}
	}
	if follows {
		m.out[follower][followee] = true
	} else {
		delete(m.out[follower], followee)
	}
}

func (m *maps) suggest(reader string, limit int) []Suggestion {
	via := map[string][]string{}
	for f := range m.out[reader] {
		if m.gone[f] {
			continue
		}
		for w := range m.out[f] {
			if w != reader && !m.out[reader][w] && !m.gone[w] {
				via[w] = append(via[w], f)
			}
		}
	}
	var all []Suggestion
	for w, through := range via {
		slices.Sort(through)
		all = append(all, Suggestion{w, len(through), through[:min(MaxVia, len(through))]})
	}
	slices.SortFunc(all, func(a, b Suggestion) int {
		return cmp.Or(b.MutualCount-a.MutualCount, strings.Compare(a.UserID, b.UserID))
	})
	return all[:min(limit, len(all))]
}

// requireEqual compares what both say to a reader.
func requireEqual(t require.TestingT, want, got []Suggestion) {
	if len(want) == 0 {
		require.Empty(t, got)
		return
	}
	require.Equal(t, want, got)
}
