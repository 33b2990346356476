package applier

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/schemas"
)

func TestCoalesce(t *testing.T) {
	require.Equal(t, []cache.Change{
		{Part: cache.Part{Scope: "post", ID: "p1"}, Table: "posts-table", Partition: 1, Offset: 9},
		{Part: cache.Part{Scope: "post", ID: "p1"}, Table: "scores-table", Partition: 1, Offset: 3},
		{Part: cache.Part{Scope: "author", ID: "p1"}, Table: "posts-table", Partition: 1, Offset: 2},
	}, coalesce([]*schemas.CacheInvalidation{
		{Scope: "post", ID: "p1", Table: "posts-table", Partition: 1, Offset: 2, Reason: "created"},
		{Scope: "post", ID: "p1", Table: "scores-table", Partition: 1, Offset: 3},
		{Scope: "post", ID: "p1", Table: "posts-table", Partition: 1, Offset: 9, Reason: "changed"},
		{Scope: "author", ID: "p1", Table: "posts-table", Partition: 1, Offset: 2},
		{Scope: "post", ID: "p1", Table: "posts-table", Partition: 1, Offset: 5},
	}))
	require.Empty(t, coalesce(nil))
}

// TestCoalesce_drops_nothing compares with what messages say one by one: whatever is cut into batches, and however they are
// repeated, every thing ends at the highest position of each partition of each table.
func TestCoalesce_drops_nothing(t *testing.T) {
	messages := rapid.SliceOf(rapid.Custom(func(t *rapid.T) *schemas.CacheInvalidation {
		return &schemas.CacheInvalidation{
			Scope: rapid.SampledFrom([]schemas.InvalidationScope{"post", "author", "user", "follow", "new"}).Draw(t, "scope"),
			ID:    rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "id"),
			Table: rapid.SampledFrom([]string{"posts-table", "scores-table"}).Draw(t, "table"), Partition: rapid.Int32Range(0, 2).Draw(t, "partition"),
			Offset: rapid.Int64Range(0, 20).Draw(t, "offset"), Reason: "changed",
		}
	}))
	rapid.Check(t, func(t *rapid.T) {
		all := messages.Draw(t, "messages")
		want, got := map[cache.Change]int64{}, map[cache.Change]int64{}
		for _, m := range all {
			c := cache.Change{Part: cache.Part{Scope: cache.Scope(m.Scope), ID: m.ID}, Table: m.Table, Partition: m.Partition}
			want[c] = max(want[c], m.Offset)
		}
		changes := coalesce(all)
		for _, c := range changes {
			offset := c.Offset
			c.Offset = 0
			got[c] = offset
		}
		require.Equal(t, want, got)
		require.Len(t, changes, len(want), "one for each")
	})
}
