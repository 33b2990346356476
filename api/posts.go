package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/trending"
)

type postInput struct {
	PostID string `path:"post_id"`
}

type postOutput struct{ Body postStats }

type postStats struct {
	PostID           string  `json:"post_id"`
	Views            int64   `json:"views"`
	Impressions      int64   `json:"impressions"`
	Likes            int64   `json:"likes"`
	Comments         int64   `json:"comments"`
	Shares           int64   `json:"shares"`
	LastEngagementAt *string `json:"last_engagement_at" format:"date-time" doc:"RFC 3339, UTC, milliseconds; null for none"`
}

func routePosts(ops huma.API, posts Posts) {
	huma.Register(ops, huma.Operation{
		OperationID: "get-post-stats",
		Method:      http.MethodGet,
		Path:        "/v1/posts/{post_id}/stats",
		Summary:     "Statistics of a post",
		Description: "Lifetime counts of a post.",
		Tags:        []string{"Posts"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}, func(_ context.Context, in *postInput) (*postOutput, error) {
		if !posts.Recovered() {
			return nil, recovering()
		}
		stats, found := posts.Stats(in.PostID)
		if !found {
			return nil, postNotFound()
		}
		c := stats.Counts
		body := postStats{in.PostID, c.Views, c.Impressions, c.Likes, c.Comments, c.Shares, nil}
		if stats.LastEngagement != 0 {
			at := trending.FormatTime(stats.LastEngagement)
			body.LastEngagementAt = &at
		}
		return &postOutput{body}, nil
	})
}
