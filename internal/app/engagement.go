package app

import (
	"context"
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// hourly reads the engagement of posts from ClickHouse.
type hourly struct {
	client  *clickhouse.Client
	timeout time.Duration // for all tries together
	now     func() time.Time
}

// Hourly implements api.Engagement.
func (h hourly) Hourly(ctx context.Context, post string, hours int) (api.EngagementSeries, error) {
	ctx, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	series := api.EngagementSeries{AsOf: h.now().UnixMilli(), Hours: map[int64]engagement.Counts{}}
	rows, err := h.client.PostEngagement(ctx, post, api.FirstHour(series.AsOf, hours))
	switch clickhouse.Kind(err) {
	case clickhouse.KindNone:
	case clickhouse.KindBreakerOpen:
		return series, fmt.Errorf("%w: %w", api.ErrBreakerOpen, err)
	case clickhouse.KindTimeout: // ours or the server's
		return series, fmt.Errorf("%w: %w", context.DeadlineExceeded, err)
	default:
		return series, err
	}
	for _, r := range rows {
		series.Hours[r.Hour] = engagement.Counts{Views: r.Views, Likes: r.Likes, Comments: r.Comments, Shares: r.Shares}
	}
	return series, nil
}

// openReader returns a client for readers.
func (a *App) openReader() (*clickhouse.Client, error) {
	client, err := clickhouse.OpenReader(a.cfg.ClickHouse, clickhouse.Measured(a.calls()))
	if err != nil {
		return nil, err
	}
	a.onClose(client.Close)
	return client, nil
}

// calls returns the metrics that all clients of ClickHouse share.
func (a *App) calls() *clickhouse.CallMetrics {
	if a.callMetrics == nil {
		a.callMetrics = clickhouse.NewCallMetrics(a.metrics)
	}
	return a.callMetrics
}
