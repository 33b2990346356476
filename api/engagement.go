package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
)

type engagementInput struct {
	PostID string `path:"post_id"`
	Hours  int    `query:"hours" minimum:"1" maximum:"168" default:"24" doc:"How many hours, the one that has begun included"`
}

// Resolve implements huma.Resolver.
func (*engagementInput) Resolve(ctx huma.Context) []error { return refuseEmpty(ctx, "hours") }

type engagementOutput struct{ Body postEngagement }

// The sources of an answer, and the reasons for the second.
const (
	sourceClickHouse = "clickhouse"
	sourceWindow     = "window"

	reasonTimeout     = "timeout"
	reasonBreakerOpen = "breaker_open"
	reasonError       = "error"
)

type postEngagement struct {
	PostID   string           `json:"post_id"`
	Source   string           `json:"source" enum:"clickhouse,window" doc:"Where the counts are from: clickhouse counts events by the hour; window is what this process knows of the trending window"`
	Degraded bool             `json:"degraded" doc:"ClickHouse did not answer: the counts cover the trending window only, and there are no hours"`
	Reason   string           `json:"reason,omitempty" enum:"timeout,breaker_open,error" doc:"Why the answer is degraded"`
	AsOf     string           `json:"as_of" format:"date-time" doc:"Moment at which it was counted, RFC 3339, UTC, milliseconds"`
	From     string           `json:"from" format:"date-time" doc:"Begin of what the totals cover"`
	Totals   engagementTotals `json:"totals" doc:"Counts from from to as_of"`
	Hours    []hourEngagement `json:"hours" nullable:"false" doc:"Every hour from the oldest to the one that has begun, empty ones included"`
}

type hourEngagement struct {
	Hour     string `json:"hour" format:"date-time" doc:"Begin of the hour, UTC"`
	Views    int64  `json:"views"`
	Likes    int64  `json:"likes"`
	Comments int64  `json:"comments"`
	Shares   int64  `json:"shares"`
}

type engagementTotals struct {
	Views    int64 `json:"views"`
	Likes    int64 `json:"likes" doc:"From clickhouse events, of which a user may send several; from window one per user"`
	Comments int64 `json:"comments"`
	Shares   int64 `json:"shares"`
}

func routeEngagement(ops huma.API, d *Deps) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-post-engagement",
		Method:      http.MethodGet,
		Path:        "/v1/posts/{post_id}/engagement",
		Summary:     "Engagement of a post by the hour",
		Description: "Events of the last hours, by event time, from ClickHouse. While that does not answer: the counts within the trending window, marked as degraded. An answer may be a second old; as_of says of when it is.",
		Tags:        []string{"Posts"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(ctx context.Context, in *engagementInput) (*engagementOutput, error) {
		if !d.recovered() {
			return nil, recovering()
		}
		if d.Timeline.Hidden(in.PostID) {
			return nil, postNotFound()
		}
		series, err := d.Engagement.Hourly(ctx, in.PostID, in.Hours)
		if err != nil {
			d.Log.WarnContext(ctx, "answering without ClickHouse", "error", err)
			return degraded(d.Posts, in.PostID, reason(err))
		}
		body := fromSeries(in.PostID, in.Hours, series)
		if body.Totals == (engagementTotals{}) {
			if _, found := d.Posts.Stats(in.PostID); !found {
				return nil, postNotFound()
			}
		}
		return &engagementOutput{body}, nil
	})
}

// reason says in a word why ClickHouse was of no use.
func reason(err error) string {
	switch {
	case errors.Is(err, ErrBreakerOpen):
		return reasonBreakerOpen
	case errors.Is(err, context.DeadlineExceeded):
		return reasonTimeout
	default:
		return reasonError
	}
}

// degraded answers from the view of scores.
func degraded(posts Posts, postID, why string) (*engagementOutput, error) {
	w, found := posts.Window(postID)
	if !found {
		return nil, postNotFound()
	}
	return &engagementOutput{postEngagement{
		PostID: postID, Source: sourceWindow, Degraded: true, Reason: why,
		AsOf: trending.FormatTime(w.AsOf), From: trending.FormatTime(w.AsOf - w.Length.Milliseconds()),
		Totals: counted(w.Counts), Hours: []hourEngagement{},
	}}, nil
}

// fromSeries fills the hours in which nothing happened, and adds up.
func fromSeries(postID string, hours int, s EngagementSeries) postEngagement {
	begin := FirstHour(s.AsOf, hours)
	all := make([]hourEngagement, hours)
	var totals engagement.Counts
	for i := range all {
		at := begin + int64(i)*time.Hour.Milliseconds()
		c := s.Hours[at]
		all[i] = hourEngagement{trending.FormatTime(at), c.Views, c.Likes, c.Comments, c.Shares}
		totals = totals.Plus(c)
	}
	return postEngagement{
		PostID: postID, Source: sourceClickHouse, AsOf: trending.FormatTime(s.AsOf), From: trending.FormatTime(begin),
		Totals: counted(totals), Hours: all,
	}
}

// FirstHour returns the begin of the oldest of that many hours, of which the last holds the moment asOf; Unix ms.
func FirstHour(asOf int64, hours int) int64 {
	last := time.UnixMilli(asOf).UTC().Truncate(time.Hour)
	return last.Add(-time.Duration(hours-1) * time.Hour).UnixMilli()
}

func counted(c engagement.Counts) engagementTotals {
	return engagementTotals{c.Views, c.Likes, c.Comments, c.Shares}
}
