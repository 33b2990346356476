package api

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/schemas"
)

type statusOutput struct{ Body Status }

func routeStatus(ops huma.API, source StatusSource, log *slog.Logger) {
	huma.Register(ops, huma.Operation{
		OperationID: "get-status",
		Method:      http.MethodGet,
		Path:        "/v1/status",
		Summary:     "How the flow stands",
		Description: "What each group is doing, how far it is behind, and what became of every input.",
		Tags:        []string{"Operations"},
		Errors:      []int{http.StatusServiceUnavailable},
	}, func(ctx context.Context, _ *struct{}) (*statusOutput, error) {
		status, err := source.Status(ctx)
		if err != nil {
			log.WarnContext(ctx, "reading the state of the groups", "error", err)
			return nil, problem(problemUnavailable, http.StatusServiceUnavailable, "The state of the groups could not be read.")
		}
		return &statusOutput{withoutNulls(status)}, nil
	})
}

// withoutNulls turns what is nil into what is empty: readers get lists and objects, never null.
func withoutNulls(s Status) Status {
	groups := make([]Group, len(s.Groups))
	for i, g := range s.Groups {
		if g.Partitions == nil {
			g.Partitions = []Partition{}
		}
		groups[i] = g
	}
	s.Groups = groups
	if s.Database == nil {
		s.Database = []TableChanges{}
	}
	if s.Jobs == nil {
		s.Jobs = []Job{}
	}
	if s.Accounting == nil {
		s.Accounting = map[string]schemas.Accounting{}
	}
	return s
}
