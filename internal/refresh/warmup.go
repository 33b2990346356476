package refresh

import (
	"context"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

// SuggestionWarmup returns work that has the suggestions for the most active users of late written, as if they had asked.
// asked does not block; what it does is done soon after the run has ended.
func SuggestionWarmup(client *clickhouse.Client, users int, since time.Duration, now func() time.Time, asked func(userID string)) func(context.Context) error {
	query := text("active_users")
	return func(ctx context.Context) error {
		active, err := clickhouse.Query[struct {
			ID string `ch:"user_id"`
		}](ctx, client, "active_users", query, ch.Named("from_ms", now().Add(-since).UnixMilli()), ch.Named("limit", users))
		if err != nil {
			return err
		}
		for _, u := range active {
			asked(u.ID)
		}
		return nil
	}
}
