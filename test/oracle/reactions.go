package oracle

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/internal/streams/streamstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Reaction is what was said of a user and a post, as sets: neither order nor repeats are in it.
type Reaction struct {
	Client   bool            // a client said that the user likes the post
	Spoken   bool            // the database has said something about that
	Liked    bool            // its last word
	Nameless int64           // events of comments without an id
	Named    map[string]bool // ids that events named
	Created  map[string]bool // ids the database ever told of
	There    map[string]bool // of these, what it has now
}

// Likes is 1 if the user likes the post, else 0.
func (r *Reaction) Likes() int64 {
	if r.Spoken && r.Liked || !r.Spoken && r.Client {
		return 1
	}
	return 0
}

// Comments is how many comments there are. Client events and comments of the database pair by the id, of the smallest
// reaction.Kept ids, and otherwise by their numbers.
func (r *Reaction) Comments() int64 {
	ids := maps.Clone(r.Named)
	maps.Copy(ids, r.Created)
	sorted := slices.Sorted(maps.Keys(ids))
	var paired int64
	nameless, unnamed := r.Nameless, int64(0)
	for i, id := range sorted {
		switch kept := i < reaction.Kept; {
		case kept && r.Named[id]:
			paired++
		case kept:
			unnamed++
		default:
			if r.Named[id] {
				nameless++
			}
			if r.Created[id] {
				unnamed++
			}
		}
	}
	return paired + max(nameless, unnamed) - int64(len(r.Created)-len(r.There))
}

// RequireReactions compares likes and comments of every post with what the world makes of them. The buckets hold all of
// them, and none holds less than nothing: what was taken back counts when it was counted. Only of Busy the times are lost.
func RequireReactions(tb testing.TB, cfg *config.Config, w *ReactionWorld) {
	tb.Helper()
	codecs, err := schemas.NewCodecs(tb.Context(), &schemas.Offline{})
	require.NoError(tb, err)
	got := map[string][2]int64{}
	for post, r := range streamstest.ReadTable(tb, cfg.StreamsConfig(), string(topology.ScoresTable), codecs.ScoreRows) {
		row, ok := r.(*schemas.ScoreRow)
		require.True(tb, ok)
		got[post] = [2]int64{row.Lifetime.Likes, row.Lifetime.Comments}
		var inBuckets engagement.Counts
		for _, b := range row.Buckets {
			require.False(tb, b.Counts.Likes < 0 || b.Counts.Comments < 0, "%s: %+v", post, b)
			inBuckets = inBuckets.Plus(b.Counts)
		}
		if post != HotPost {
			require.Equal(tb, row.Lifetime, inBuckets, post)
		}
	}
	require.Equal(tb, w.Posts(), got)
}
