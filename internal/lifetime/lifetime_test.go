package lifetime

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// TestIndex_is_what_the_latest_rows_say compares with a map of rows after each of many changes.
func TestIndex_is_what_the_latest_rows_say(t *testing.T) {
	ids := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		x, want := New(), map[string]Stats{}
		t.Repeat(map[string]func(*rapid.T){
			"row": func(t *rapid.T) {
				id, n := rapid.SampledFrom(ids).Draw(t, "id"), rapid.Int64Range(-3, 9).Draw(t, "likes")
				row := &schemas.ScoreRow{Lifetime: engagement.Counts{Likes: n, Views: 2 * n}, LastEngagement: n + 1}
				x.Update(id, row)
				want[id] = Stats{engagement.Counts{Likes: n, Views: 2 * n}, n + 1}
				row.Lifetime.Likes = 99 // it is used for others
			},
			"tombstone": func(t *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(t, "id")
				x.Update(id, nil)
				delete(want, id)
			},
			"": func(t *rapid.T) {
				got := map[string]Stats{}
				for _, id := range ids {
					if c, found := x.Stats(id); found {
						got[id] = c
					}
				}
				require.True(t, maps.Equal(want, got), "%v, not %v", got, want)
			},
		})
	})
}
