package refresh

import (
	"bytes"
	"context"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/ranking"
	"github.com/nova-social/nova-streams/internal/trending"
)

// postHours are the counts of a post over some hours.
type postHours struct {
	PostID      string `ch:"post_id"`
	Score       int64  `ch:"score"` // tenths of a point
	Views       int64  `ch:"views"`
	Impressions int64  `ch:"impressions"`
	Likes       int64  `ch:"likes"`
	Comments    int64  `ch:"comments"`
	Shares      int64  `ch:"shares"`
}

// TrendingFallback returns work that writes the posts on top in the last hours, the one that has begun among them, like an
// answer of /v1/trending without a next page. It differs from trending in what it counts: whole hours, and every event, also
// the second like of a user. Posts of which the database says that readers do not see them are left out.
func TrendingFallback(client *clickhouse.Client, hours, limit int, weights engagement.Weights, now func() time.Time, to Target) func(context.Context) error {
	query := text("trending_fallback")
	return func(ctx context.Context) error {
		asOf := now()
		from := asOf.Truncate(time.Hour).Add(-time.Duration(hours-1) * time.Hour)
		rows, err := clickhouse.Query[postHours](ctx, client, "trending_fallback", query,
			ch.Named("from_ms", from.UnixMilli()), ch.Named("to_ms", asOf.UnixMilli()), ch.Named("limit", limit),
			ch.Named("view", weights.View), ch.Named("impression", weights.Impression), ch.Named("like", weights.Like),
			ch.Named("comment", weights.Comment), ch.Named("share", weights.Share))
		if err != nil {
			return err
		}
		items := make([]ranking.Item, len(rows))
		for i, r := range rows {
			items[i] = ranking.Item{PostID: r.PostID, Score: r.Score, Counts: engagement.Counts{
				Views: r.Views, Impressions: r.Impressions, Likes: r.Likes, Comments: r.Comments, Shares: r.Shares,
			}}
		}
		var page bytes.Buffer
		if err := trending.Encode(&page, trending.NewPage(asOf.UnixMilli(), time.Duration(hours)*time.Hour, items)); err != nil {
			return err
		}
		return to.write(ctx, page.Bytes())
	}
}
