package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type healthOutput struct{ Body health }

type health struct {
	Status string `json:"status" enum:"live,ready"`
}

func routeHealth(ops huma.API, d Deps) {
	huma.Register(ops, huma.Operation{
		OperationID: "health-live",
		Method:      http.MethodGet,
		Path:        "/health/live",
		Summary:     "Is the process alive",
		Tags:        []string{"Operations"},
	}, func(context.Context, *struct{}) (*healthOutput, error) {
		return &healthOutput{health{"live"}}, nil
	})
	huma.Register(ops, huma.Operation{
		OperationID: "health-ready",
		Method:      http.MethodGet,
		Path:        "/health/ready",
		Summary:     "Can it answer",
		Description: "Ready when the views have been read up to their ends, the list is sorted and the state of the groups can be told.",
		Tags:        []string{"Operations"},
		Errors:      []int{http.StatusServiceUnavailable},
	}, func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
		if !d.Posts.Recovered() {
			return nil, recovering()
		}
		if _, err := d.Trending.Page("", 1); err != nil {
			return nil, asProblem(err)
		}
		if _, err := d.Status.Status(ctx); err != nil {
			d.Log.WarnContext(ctx, "reading the state of the groups", "error", err)
			return nil, problem(problemUnavailable, http.StatusServiceUnavailable, "The state of the groups could not be read.")
		}
		return &healthOutput{health{"ready"}}, nil
	})
}
