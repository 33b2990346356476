package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/trending"
)

type trendingInput struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Items of a page"`
	Cursor string `query:"cursor" doc:"next_cursor of the page before. Pages of one list neither repeat nor skip a post while the list moves"`
}

// Resolve implements huma.Resolver.
func (*trendingInput) Resolve(ctx huma.Context) []error { return refuseEmpty(ctx, "limit") }

type trendingOutput struct{ Body trending.Page }

func routeTrending(ops huma.API, list Trending) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-trending",
		Method:      http.MethodGet,
		Path:        "/v1/trending",
		Summary:     "Trending posts",
		Description: "The posts with the highest score within the sliding window that ends at as_of.",
		Tags:        []string{"Trending"},
		Errors:      []int{http.StatusBadRequest, http.StatusGone, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *trendingInput) (*trendingOutput, error) {
		page, err := list.Page(in.Cursor, in.Limit)
		if err != nil {
			return nil, asProblem(err)
		}
		return &trendingOutput{page}, nil
	})
}
