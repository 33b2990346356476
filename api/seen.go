package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/schemas"
)

type seenInput struct{ Body seenPosts }

type seenPosts struct {
	UserID  string   `json:"user_id,omitempty" maxLength:"256" doc:"Who has seen them: services have to say, users may for themselves only"`
	PostIDs []string `json:"post_ids" minItems:"1" maxItems:"1000" nullable:"false"`
}

// maxSeenBody bounds a body, bytes: as many ids as there may be, of any length, escaped.
const maxSeenBody = 1 << 20

func routeSeen(ops huma.API, d *Deps) {
	huma.Register(ops, huma.Operation{
		OperationID: "post-feed-seen",
		Method:      http.MethodPost,
		Path:        "/v1/feed/seen",
		Summary:     "Say what a reader has seen",
		Description: "Feeds that are made from now on leave these posts out, for a week; a page that is made already may show them for as long as it is kept. " +
			"What is seen is known by views and impressions among the events, too. Telling it again changes nothing.",
		Tags:            []string{"Feed"},
		DefaultStatus:   http.StatusNoContent,
		MaxBodyBytes:    maxSeenBody,
		BodyReadTimeout: d.Config.RequestTimeout,
		Security:        []map[string][]string{{tokenScheme: {}}},
		Middlewares:     huma.Middlewares{needsToken(d.Callers)},
		Errors: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge,
			http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusServiceUnavailable,
		},
	}, func(ctx context.Context, in *seenInput) (*struct{}, error) {
		reader, err := readerOf(ctx, in.Body.UserID, "body.user_id")
		if err != nil {
			return nil, err
		}
		if err = d.Feed.See(ctx, reader, in.Body.PostIDs); err == nil {
			return &struct{}{}, nil
		}
		if !errors.Is(err, feed.ErrAway) {
			d.Log.ErrorContext(ctx, "noting what was seen", "error", err)
		}
		return nil, huma.ErrorWithHeaders(
			problem(problemUnavailable, http.StatusServiceUnavailable, "What was seen could not be noted in time. Send it again."),
			http.Header{"Retry-After": {"1"}},
		)
	})
	id := ops.OpenAPI().Components.Schemas.Map()["SeenPosts"].Properties["post_ids"].Items
	id.MinLength, id.MaxLength = new(1), new(schemas.MaxIDBytes)
	id.PrecomputeMessages()
}
