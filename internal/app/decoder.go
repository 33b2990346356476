package app

import (
	"context"
	"errors"

	"github.com/cenkalti/backoff/v5"

	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
)

// writers looks up the schemas with which connectors wrote. While the registry cannot be reached it waits: that is no
// reason to refuse good records, nor to begin anew.
type writers struct{ registry *registry.Client }

// ByID implements debezium.Schemas.
func (w writers) ByID(ctx context.Context, id int) (string, error) {
	return backoff.Retry(ctx, func() (string, error) {
		text, err := w.registry.Schema(ctx, id)
		if errors.Is(err, schemas.ErrSchemaNotFound) {
			return "", backoff.Permanent(err)
		}
		return text, err
	}, backoff.WithMaxElapsedTime(0))
}
