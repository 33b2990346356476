package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type healthOutput struct{ Body health }

type health struct {
	Status   string   `json:"status" enum:"live,ready"`
	Degraded []string `json:"degraded,omitempty" nullable:"false" doc:"Servers that do not answer and that the process goes on without, such as clickhouse"`
}

func routeHealth(ops huma.API, when string, ready func(context.Context) error, degraded func(context.Context) []string) {
	huma.Register(ops, huma.Operation{
		OperationID: "health-live",
		Method:      http.MethodGet,
		Path:        "/health/live",
		Summary:     "Is the process alive",
		Tags:        []string{"Operations"},
	}, func(context.Context, *struct{}) (*healthOutput, error) {
		return &healthOutput{health{Status: "live"}}, nil
	})
	huma.Register(ops, huma.Operation{
		OperationID: "health-ready",
		Method:      http.MethodGet,
		Path:        "/health/ready",
		Summary:     "Can it answer",
		Description: when,
		Tags:        []string{"Operations"},
		Errors:      []int{http.StatusServiceUnavailable},
	}, func(ctx context.Context, _ *struct{}) (*healthOutput, error) {
		if err := ready(ctx); err != nil {
			return nil, err
		}
		h := health{Status: "ready"}
		if degraded != nil {
			h.Degraded = degraded(ctx)
		}
		return &healthOutput{h}, nil
	})
}

// answersReady is the readiness of a process that answers questions.
func (d Deps) answersReady(ctx context.Context) error {
	if !d.recovered() {
		return recovering()
	}
	if d.Ready != nil && !d.Ready() {
		return stopped()
	}
	if _, err := d.Trending.Page("", 1); err != nil {
		return asProblem(err)
	}
	if !d.Feed.Ready() {
		return recovering()
	}
	return d.statusReady(ctx)
}

// worksReady is the readiness of a process that only works.
func (d Deps) worksReady(ctx context.Context) error {
	if !d.Ready() {
		return stopped()
	}
	return d.statusReady(ctx)
}

func stopped() error {
	return problem(problemUnavailable, http.StatusServiceUnavailable, "A group of this process does not run yet, or no longer. /v1/status tells which.")
}

func (d Deps) statusReady(ctx context.Context) error {
	if _, err := d.Status.Status(ctx); err != nil {
		d.Log.WarnContext(ctx, "reading the state of the groups", "error", err)
		return problem(problemUnavailable, http.StatusServiceUnavailable, "The state of the groups could not be read.")
	}
	return nil
}
