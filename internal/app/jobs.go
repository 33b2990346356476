package app

import (
	"context"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/clickhouse/views"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

// buildJobs adds the periodic work that goes with the sinks. Its calls have breakers of their own: it is not to hold
// up the sink.
func (a *App) buildJobs() error {
	client, err := clickhouse.Open(a.cfg.ClickHouse, clickhouse.Named("jobs"), clickhouse.Measured(a.calls()))
	if err != nil {
		return err
	}
	a.onClose(client.Close)
	reader, err := openTable(a.cfg.ClickHouse, "repair", clickhouse.Measured(a.calls()))
	if err != nil {
		return err
	}
	a.onClose(reader.Close)
	viewMetrics := views.NewMetrics(a.metrics)
	keeper := views.NewKeeper(client, viewMetrics)
	repairer := views.NewRepairer(reader, a.cfg.ClickHouse.Retention, a.sinkProgress, viewMetrics, a.log.With("job", "repair"))
	all := []jobs.Job{
		{Name: "views", Every: a.cfg.ClickHouse.Views.Check, Run: keeper.Check},
		{Name: "repair", Every: a.cfg.ClickHouse.Views.Check, Run: repairer.Run},
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

// sinkProgress asks Kafka how far the sink of post_events is.
func (a *App) sinkProgress(ctx context.Context) (views.Progress, error) {
	return leaving(ctx, func() (views.Progress, error) { // Kafka's clients do not end with ctx
		var at views.Progress
		sink := topology.PostEvents()
		client, err := kafka.Dial(a.cfg.Kafka.Brokers, a.cfg.Kafka.ClientID)
		if err != nil {
			return at, err
		}
		defer func() { _ = client.Close() }()
		if at.TopicID, err = kafka.TopicID(client, a.cfg.Kafka.Prefix+string(sink.Input)); err != nil {
			return at, err
		}
		groups, err := a.inspector.Groups(ctx, []streams.Input{{Group: sink.Group, Topic: string(sink.Input)}})
		if err != nil {
			return at, err
		}
		for _, p := range groups[0].Partitions {
			at.Committed = append(at.Committed, p.Committed)
			if p.Meta.Announced != nil {
				at.Runs = append(at.Runs, p.Meta.Announced.Server)
			}
		}
		return at, nil
	})
}
