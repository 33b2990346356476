package reaction

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/change"
)

// tally checks effects as they come.
type tally struct {
	total int64
	times map[int64]int32 // what counts at each time
}

func (y *tally) take(t *rapid.T, e Effect) {
	require.Equal(t, e.Verdict == Counted, e.Delta == 1 || e.Delta == -1)
	require.Equal(t, e.Verdict != Counted, e == Effect{Verdict: e.Verdict})
	y.total += int64(e.Delta)
	if y.times == nil {
		y.times = map[int64]int32{}
	}
	if e.Delta > 0 || e.At != 0 {
		y.times[e.At] += e.Delta
	}
	require.Contains(t, []int32{0, 1}, y.times[e.At], "what is taken back was counted then, and once")
}

// positions are few, so that the same come again, and some have no LSN.
var positions = rapid.Custom(func(t *rapid.T) change.Position {
	return change.Position{
		Epoch: int32(rapid.IntRange(0, 1).Draw(t, "epoch")), LSN: int64(rapid.IntRange(0, 3).Draw(t, "lsn")), Offset: int64(rapid.IntRange(0, 3).Draw(t, "offset")),
	}
})

// anything draws statements of both sources about these ids, in any order and as often as may be, each of its own time.
func anything(t *rapid.T, ids, events []string) []statement {
	all := make([]statement, rapid.IntRange(0, 30).Draw(t, "statements"))
	for i := range all {
		if all[i].fromDatabase = rapid.Bool().Draw(t, "database"); all[i].fromDatabase {
			all[i].id = rapid.SampledFrom(ids).Draw(t, "id")
			all[i].deleted, all[i].position = rapid.Bool().Draw(t, "deleted"), positions.Draw(t, "position")
		} else {
			all[i].id = rapid.SampledFrom(events).Draw(t, "id")
		}
		all[i].at = int64(i + 1)
	}
	return all
}

// After each statement the count is what the rule makes of all there were, as a set.
func TestLikes_follow_the_rule_in_any_order(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := anything(t, []string{""}, []string{""})
		var like Like
		var is tally
		for i, s := range all {
			if s.fromDatabase {
				is.take(t, like.Database(!s.deleted, s.position, 0, s.at))
			} else {
				is.take(t, like.Client(s.at))
			}
			require.Equal(t, likes(all[:i+1]), is.total, "%+v", all[:i+1])
		}
	})
}

func TestComments_follow_the_rule_in_any_order(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := anything(t, []string{"a", "b", "c"}, []string{"", "", "a", "b", "c"})
		var c Comments
		var is tally
		for i, s := range all {
			if s.fromDatabase {
				e := c.Database(s.id, s.deleted, s.position, s.at)
				require.False(t, e.Delta < 0 && e.At == 0, "times are known")
				is.take(t, e)
			} else {
				is.take(t, c.Client(s.id, s.at))
			}
			require.Equal(t, comments(all[:i+1], Kept), is.total, "%+v", all[:i+1])
		}
	})
}

// The same statements in another order make the same count, also where not all ids are kept.
func TestComments_beyond_the_limit_follow_the_rule_in_any_order(t *testing.T) {
	const limit = 3
	beyond := 0
	rapid.Check(t, func(t *rapid.T) {
		var all []statement
		for i := range 8 {
			id := fmt.Sprint("id", i)
			if rapid.Bool().Draw(t, "event") {
				all = append(all, statement{id: rapid.SampledFrom([]string{"", id}).Draw(t, "named")})
			}
			if rapid.Bool().Draw(t, "created") {
				all = append(all, statement{fromDatabase: true, id: id, position: change.Position{LSN: 1}})
				if rapid.Bool().Draw(t, "deleted") {
					all = append(all, statement{fromDatabase: true, id: id, deleted: true, position: change.Position{LSN: 2}})
				}
			}
		}
		for i := range all {
			all[i].at = int64(i + 1)
		}
		var ends []int64
		for _, order := range []string{"one order", "another"} {
			all := possible(rapid.Permutation(all).Draw(t, order))
			var c Comments
			var is tally
			for i, s := range all {
				if s.fromDatabase {
					is.take(t, c.database(s.id, s.deleted, s.position, s.at, limit))
				} else {
					is.take(t, c.client(s.id, s.at, limit))
				}
				require.Equal(t, comments(all[:i+1], limit), is.total, "%+v", all[:i+1])
				require.LessOrEqual(t, len(c.Known), limit)
				require.EqualValues(t, max(0, c.Nameless-c.unnamed()), len(c.Waiting))
			}
			ends = append(ends, is.total)
			if c.Unnamed > 0 && c.Nameless > 0 {
				beyond++
			}
		}
		require.Equal(t, ends[0], ends[1])
	})
	require.Greater(t, beyond, 10, "numbers are used")
}

// possible puts each delete after the create of its comment.
func possible(all []statement) []statement {
	all = slices.Clone(all)
	for i := range all {
		for j := range all[:i] {
			if all[i].fromDatabase && all[j].fromDatabase && all[i].id == all[j].id && all[j].deleted {
				all[i], all[j] = all[j], all[i]
			}
		}
	}
	return all
}
