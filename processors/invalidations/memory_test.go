package invalidations

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

func TestMemory_holds_for_a_stretch(t *testing.T) {
	m := newMemory[int](2)
	recall := func(s stretch[int], key string) string {
		value, ok := s.recall(key)
		return fmt.Sprint(value, ok)
	}
	s := m.at(0, 5)
	require.Equal(t, "0 false", recall(s, "a"))
	s.note("a", 1)
	other := m.at(1, 5)
	require.Equal(t, "0 false", recall(other, "a"), "another partition")
	s = m.at(0, 6)
	require.Equal(t, "1 true", recall(s, "a"))
	require.Equal(t, "0 false", recall(m.at(0, 8), "a"), "a gap")
	s = m.at(0, 9)
	s.note("a", 2)
	require.Equal(t, "2 true", recall(m.at(0, 10), "a"))
	require.Equal(t, "0 false", recall(m.at(0, 10), "a"), "a replay")
	s = m.at(0, 11)
	for i, key := range []string{"a", "b", "c"} {
		s.note(key, i)
	}
	require.Equal(t, "0 false", recall(s, "a"), "forgotten for others")
	require.Equal(t, "2 true", recall(s, "c"))
}

// Whatever is lost in crashes, and whoever reads, what was written last of a post is not far from what it is now. Left out is
// what memory says that it does not know.
func TestScores_are_told_at_least_once(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type record struct {
			post  string
			score int64
		}
		log := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record {
			return record{rapid.SampledFrom([]string{"p", "q"}).Draw(t, "post"), rapid.Int64Range(0, 40).Draw(t, "score")}
		}), 1, 20).Draw(t, "log")
		var processes []*Scores // that may read the partition; what one has not committed when it loses it may not have been written
		for range 2 {
			processes = append(processes, NewScores(DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights()))
		}
		handled, lost := make([]int, 2), make([]bool, 2)
		written := map[string]int64{}
		for committed := 0; committed < len(log); {
			who := rapid.IntRange(0, 1).Draw(t, "process")
			if lost[who] && handled[who] == committed {
				who = 1 - who
			}
			p := processes[who]
			until := rapid.IntRange(committed+1, len(log)).Draw(t, "until")
			durable := rapid.IntRange(committed, until).Draw(t, "durable")
			for offset := committed; offset < until; offset++ {
				r := log[offset]
				if p.worth(p.told.at(0, int64(offset)), r.post, r.score) && offset < durable {
					written[r.post] = r.score
				}
			}
			handled[who], lost[who], committed = until, durable < until, durable
		}
		now := map[string]int64{}
		for _, r := range log {
			now[r.post] = r.score
		}
		for post, score := range now {
			was, told := written[post]
			require.True(t, told, post)
			require.False(t, processes[0].moved(was, score), "%s was told to be worth %d, and is worth %d", post, was, score)
		}
	})
}
