package app

import (
	"context"
	"fmt"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Answers of ClickHouse serve all who ask for the same within hourlyFresh; hourlyKept of them at most are kept for it.
const (
	hourlyFresh = time.Second
	hourlyKept  = 1_024
)

// hourly reads the engagement of posts from ClickHouse: anybody may ask, so each series is read once at a time and once a
// second, and as many at once as there are connections. Whoever waits longer for one than the time limit gets none, and
// ClickHouse is not blamed for it.
type hourly struct {
	ask     func(ctx context.Context, post string, from int64) ([]clickhouse.HourCounts, error)
	timeout time.Duration // for a turn, and then for all tries together
	now     func() time.Time

	turns   *semaphore.Weighted
	flights singleflight.Group
	kept    *lru.Cache[string, api.EngagementSeries]
}

func newHourly(client *clickhouse.Client, cfg config.Config) (*hourly, error) {
	kept, err := lru.New[string, api.EngagementSeries](hourlyKept)
	if err != nil {
		return nil, err
	}
	read := cfg.ClickHouse.Read
	return &hourly{ask: client.PostEngagement, timeout: read.QueryTimeout, now: time.Now, turns: semaphore.NewWeighted(int64(read.MaxOpenConns)), kept: kept}, nil
}

// Hourly implements api.Engagement.
func (h *hourly) Hourly(ctx context.Context, post string, hours int) (api.EngagementSeries, error) {
	key := fmt.Sprint(hours, " ", post)
	if series, kept := h.kept.Get(key); kept && fresh(series.AsOf, h.now().UnixMilli()) {
		return series, nil
	}
	read := h.flights.DoChan(key, func() (any, error) {
		series, err := h.read(context.WithoutCancel(ctx), post, hours) // the one who came first may go, the others wait on
		if err == nil {
			h.kept.Add(key, series)
		}
		return series, err
	})
	select {
	case <-ctx.Done():
		return api.EngagementSeries{}, fmt.Errorf("waiting for ClickHouse: %w", context.DeadlineExceeded)
	case r := <-read:
		series, _ := r.Val.(api.EngagementSeries)
		return series, r.Err
	}
}

// fresh reports whether what was read then (Unix ms) is good now, by a clock that may be set.
func fresh(then, now int64) bool {
	return now >= then && now-then < hourlyFresh.Milliseconds()
}

func (h *hourly) read(ctx context.Context, post string, hours int) (api.EngagementSeries, error) {
	turn, cancel := context.WithTimeout(ctx, h.timeout)
	defer cancel()
	if err := h.turns.Acquire(turn, 1); err != nil {
		return api.EngagementSeries{}, fmt.Errorf("waiting for a connection to ClickHouse: %w", err)
	}
	defer h.turns.Release(1)
	ctx, cancelQuery := context.WithTimeout(ctx, h.timeout) // anew: the wait is none of ClickHouse's fault
	defer cancelQuery()
	series := api.EngagementSeries{AsOf: h.now().UnixMilli(), Hours: map[int64]engagement.Counts{}}
	rows, err := h.ask(ctx, post, api.FirstHour(series.AsOf, hours))
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
