package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/suggestions"
)

type suggestionsInput struct {
	UserID string `path:"user_id"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" doc:"Users at most; 20 where the server does not set another number"`
}

// Resolve implements huma.Resolver.
func (*suggestionsInput) Resolve(ctx huma.Context) []error { return refuseEmpty(ctx, "limit") }

type suggestionsOutput struct{ Body suggestions.Suggestions }

func routeSuggestions(ops huma.API, source Suggestions) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-suggestions",
		Method:      http.MethodGet,
		Path:        "/v1/users/{user_id}/suggestions",
		Summary:     "Users to follow",
		Description: "Users whom most of a user's followees follow, counted exactly when asked. The user is not among them, nor whom it follows, nor who is deleted.",
		Tags:        []string{"Users"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *suggestionsInput) (*suggestionsOutput, error) {
		page, err := source.Suggestions(in.UserID, in.Limit)
		if err != nil {
			return nil, asProblem(err)
		}
		return &suggestionsOutput{page}, nil
	})
}
