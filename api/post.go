package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
)

type onePostOutput struct{ Body onePost }

type onePost struct {
	AsOf string `json:"as_of" format:"date-time" doc:"Moment at which it was read, RFC 3339, UTC, milliseconds"`
	PostItem
}

// PostItem is a post as all answers show it.
type PostItem struct {
	PostID    string     `json:"post_id"`
	AuthorID  string     `json:"author_id,omitempty" doc:"Missing where it is not known"`
	Caption   string     `json:"caption"`
	Status    string     `json:"status,omitempty" doc:"As the database has it; missing where it is not known"`
	CreatedAt *string    `json:"created_at" format:"date-time" doc:"null where it is not known"`
	UpdatedAt *string    `json:"updated_at" format:"date-time" doc:"null for never"`
	Stats     PostCounts `json:"stats" doc:"Lifetime counts"`
}

// PostCounts are the lifetime counts of a post.
type PostCounts struct {
	Views            int64   `json:"views"`
	Impressions      int64   `json:"impressions"`
	Likes            int64   `json:"likes"`
	Comments         int64   `json:"comments"`
	Shares           int64   `json:"shares"`
	LastEngagementAt *string `json:"last_engagement_at" format:"date-time" doc:"RFC 3339, UTC, milliseconds; null for none"`
}

func routePost(ops huma.API, d *Deps) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-post",
		Method:      http.MethodGet,
		Path:        "/v1/posts/{post_id}",
		Summary:     "A post",
		Description: "What the database says of a post, and its lifetime counts. Posts that are deleted, not published, or of a deleted user are not found.",
		Tags:        []string{"Posts"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *postInput) (*onePostOutput, error) {
		if !d.recovered() {
			return nil, recovering()
		}
		post, found := d.Timeline.Post(in.PostID)
		if !found {
			return nil, problem(problemPostNotFound, http.StatusNotFound, "There is no such post, or readers do not see it.")
		}
		return &onePostOutput{onePost{d.asOf(), d.item(post)}}, nil
	})
}

// item is a post with its counts.
func (d *Deps) item(p timeline.Post) PostItem {
	stats, _ := d.Posts.Stats(p.ID) // none is zero
	return PostItem{p.ID, p.AuthorID, p.Caption, p.Status, moment(p.CreatedAt), moment(p.UpdatedAt), countsOf(stats)}
}

func countsOf(s lifetime.Stats) PostCounts {
	c := s.Counts
	return PostCounts{c.Views, c.Impressions, c.Likes, c.Comments, c.Shares, moment(s.LastEngagement)}
}

// moment writes Unix ms, nil for none.
func moment(ms int64) *string {
	if ms == 0 {
		return nil
	}
	text := trending.FormatTime(ms)
	return &text
}
