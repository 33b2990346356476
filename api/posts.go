package api

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-chi/chi/v5"

	"github.com/nova-social/nova-streams/internal/jsonhand"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/trending"
)

type postInput struct {
	PostID string `path:"post_id"`
}

type postOutput struct{ Body postStats }

type postStats struct {
	AsOf   string `json:"as_of" format:"date-time" doc:"Moment at which it was read, RFC 3339, UTC, milliseconds"`
	PostID string `json:"post_id"`
	PostCounts
}

// describeStats puts the operation into the document. It is answered by stats: this is what is read most, and encoding by
// reflection would be most of its cost.
func describeStats(ops huma.API) {
	huma.Register(describedOnly(ops), tags(huma.Operation{
		OperationID: "get-post-stats",
		Method:      http.MethodGet,
		Path:        "/v1/posts/{post_id}/stats",
		Summary:     "Statistics of a post",
		Description: "Lifetime counts of a post. Posts that are deleted, not published, or of a deleted user are not found; one of which the database has said nothing is.",
		Tags:        []string{"Posts"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(context.Context, *postInput) (*postOutput, error) { return nil, postNotFound() })
}

// stats answers GET /v1/posts/{post_id}/stats.
func (d *Deps) stats(w http.ResponseWriter, r *http.Request) {
	if !d.recovered() {
		writeError(w, recovering())
		return
	}
	id := chi.URLParam(r, "post_id")
	if r.URL.RawPath != "" { // the router then saw it escaped
		if plain, err := url.PathUnescape(id); err == nil {
			id = plain
		}
	}
	stats, found := d.Posts.Stats(id)
	if !found || d.Timeline.Hidden(id) {
		writeError(w, postNotFound())
		return
	}
	body, _ := bodies.Get().(*bytes.Buffer)
	defer giveBack(body)
	body.Write(appendStats(body.AvailableBuffer(), d.Known(), id, stats))
	answer(w, r, body.Bytes(), tagOf(body.Bytes()))
}

// appendStats writes what trending.Encode writes of postStats.
func appendStats(b []byte, asOf time.Time, id string, s lifetime.Stats) []byte {
	b = trending.AppendTime(append(b, `{"as_of":"`...), asOf.UnixMilli())
	b = jsonhand.Text(append(b, `","post_id":`...), id)
	return append(appendCounts(append(b, ','), s), "}\n"...)
}

// appendCounts writes the members of PostCounts.
func appendCounts(b []byte, s lifetime.Stats) []byte {
	c := s.Counts
	for _, n := range [...]struct {
		name  string
		value int64
	}{{`"views":`, c.Views}, {`,"impressions":`, c.Impressions}, {`,"likes":`, c.Likes}, {`,"comments":`, c.Comments}, {`,"shares":`, c.Shares}} {
		b = strconv.AppendInt(append(b, n.name...), n.value, 10)
	}
	return appendMoment(append(b, `,"last_engagement_at":`...), s.LastEngagement)
}

// appendMoment writes Unix ms, null for none.
func appendMoment(b []byte, ms int64) []byte {
	if ms == 0 {
		return append(b, "null"...)
	}
	return append(trending.AppendTime(append(b, '"'), ms), '"')
}
