package feed

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/schemas"
)

func TestReactedAt(t *testing.T) {
	for want, row := range map[int64]*schemas.ReactionRow{
		0: nil,
		7: {Like: reaction.Like{Liked: true, At: 7}},
		9: {Like: reaction.Like{Liked: true, At: 7}, Comments: reaction.Comments{Waiting: []int64{2, 9}}},
		8: {Like: reaction.Like{At: 50}, Comments: reaction.Comments{Known: []reaction.Comment{{At: 8}, {At: 60, Deleted: true}, {At: 3}}}},
	} {
		require.Equal(t, want, reactedAt(row))
	}
	require.Zero(t, reactedAt(&schemas.ReactionRow{Like: reaction.Like{At: 7}}), "taken back")
}

func TestReactions_keep_the_newest(t *testing.T) {
	x := NewReactions(DefaultConfig())
	x.most = 100
	put := func(post int, at int64) {
		x.Update("u:p"+strconv.Itoa(post), &schemas.ReactionRow{Like: reaction.Like{Liked: true, At: at}}, now)
	}
	for i := range 1_000 {
		put(i, now-int64(i*7%1_000)) // in no order
	}
	got := x.Since("u", now-100)
	require.Len(t, got, 100)
	require.LessOrEqual(t, len(x.readers["u"]), 125)
	for range 2 {
		for i := range 1_000 {
			put(i, now)
		}
	}
	require.LessOrEqual(t, len(x.readers["u"]), 125, "of one moment as well")
}

func TestReactions_forget(t *testing.T) {
	x := NewReactions(DefaultConfig())
	liked := func(at int64) *schemas.ReactionRow {
		return &schemas.ReactionRow{Like: reaction.Like{Liked: true, At: at}}
	}
	x.Update("a%3Ab:p", liked(now), now)
	require.Equal(t, []string{"p"}, x.Since("a:b", 0))
	require.Empty(t, x.Since("a:b", now), "not after")
	x.Update("a%3Ab:p", &schemas.ReactionRow{}, now)
	require.Empty(t, x.readers, "taken back")
	x.Update("u:p", liked(now), now)
	x.Update("u:p", nil, now)
	require.Empty(t, x.readers, "no more")
	x.Update("u:p", liked(now-31*24*time.Hour.Milliseconds()), now)
	x.Update("no pair", liked(now), now)
	require.Empty(t, x.readers, "too old, or none")
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"freshness":         func(c *Config) { c.Freshness = -1 },
		"depth":             func(c *Config) { c.Depth = maxDepth + 1 },
		"recent must":       func(c *Config) { c.Recent = 0 },
		"recent_per_author": func(c *Config) { c.RecentPerAuthor = 0 },
		"snapshots":         func(c *Config) { c.Snapshots = 0 },
		"affinity_window":   func(c *Config) { c.AffinityWindow = 0 },
		"snapshot_ttl":      func(c *Config) { c.SnapshotTTL = time.Second },
		"redis_timeout":     func(c *Config) { c.RedisTimeout = 0 },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), "feed: "+field)
	}
}
