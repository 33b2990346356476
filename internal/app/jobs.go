package app

import (
	"context"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/clickhouse/views"
	"github.com/nova-social/nova-streams/internal/jobs"
)

// buildJobs adds the periodic work that goes with the sinks. Its calls have breakers of their own: it is not to hold
// up the sink.
func (a *App) buildJobs() error {
	client, err := clickhouse.Open(a.cfg.ClickHouse, clickhouse.Named("jobs"), clickhouse.Measured(a.calls()))
	if err != nil {
		return err
	}
	a.onClose(client.Close)
	keeper := views.NewKeeper(client, views.NewMetrics(a.metrics))
	all := []jobs.Job{
		{Name: "views", Every: a.cfg.ClickHouse.Views.Check, Run: keeper.Check},
	}
	if a.cfg.Reconcile.Interval > 0 {
		compare, err := a.reconcileJob()
		if err != nil {
			return err
		}
		all = append(all, compare)
	}
	metrics := jobs.NewMetrics(a.metrics)
	a.add("jobs", func(ctx context.Context) error { return jobs.Run(ctx, a.log, metrics, all...) })
	return nil
}
