package ranking

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

type oracleItem struct {
	PostID        string    `json:"post_id"`
	ScoreTenths   int64     `json:"score_tenths"`
	Views         int64     `json:"views"`
	Likes         int64     `json:"likes"`
	Comments      int64     `json:"comments"`
	Shares        int64     `json:"shares"`
	LastEventTime time.Time `json:"last_event_time"`
}

type instant struct {
	AsOf         time.Time    `json:"as_of"`
	WindowEvents int64        `json:"window_events"`
	WindowPosts  int          `json:"window_posts"`
	Top          []oracleItem `json:"top"`
}

func TestOracleOf24Instants(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(gh, "trending_h0_floor.json"))
	require.NoError(t, err)
	var instants []instant
	require.NoError(t, json.Unmarshal(raw, &instants))
	require.Len(t, instants, 24)

	events := ghEvents(t)
	b := newBoard(engagement.DefaultWindow())
	next := 0
	for _, want := range instants {
		now := want.AsOf.UnixMilli()
		for ; next < len(events) && events[next].at <= now; next++ {
			b.feed(events[next])
		}
		got := instant{AsOf: want.AsOf, Top: []oracleItem{}}
		all := b.index.Top(now, len(b.rows))
		got.WindowPosts = len(all)
		for i, item := range all {
			c := item.Counts
			require.Zero(t, c.Impressions)
			got.WindowEvents += c.Views + c.Likes + c.Comments + c.Shares
			if i < 50 {
				got.Top = append(got.Top, oracleItem{
					item.PostID, item.Score, c.Views, c.Likes, c.Comments, c.Shares, time.UnixMilli(item.Last).UTC(),
				})
			}
		}
		require.Equal(t, want, got)
		require.Equal(t, all[:min(50, len(all))], b.index.Top(now, 50), "a shorter list is the head of the longer one")
	}
	require.Equal(t, len(events), next)
	require.Zero(t, b.index.Len(), "at the last instant every window is empty and every post has left")
}
