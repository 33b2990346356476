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

// sinkJobs adds the periodic work that goes with the sinks. Its calls have breakers of their own: it is not to hold up the
// sink.
func (a *App) sinkJobs() error {
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
	a.ownJobs = append(a.ownJobs,
		jobs.Job{Name: "views", Kind: "views", Own: true, Every: a.cfg.ClickHouse.Views.Check, Run: keeper.Check},
		jobs.Job{Name: "repair", Kind: "repair", Own: true, Every: a.cfg.ClickHouse.Views.Check, Run: repairer.Run},
	)
	if a.cfg.Reconcile.Interval > 0 {
		job, err := a.reconciling()
		if err != nil {
			return err
		}
		a.ownJobs = append(a.ownJobs, jobs.Job{Name: "reconcile", Kind: jobs.Reconciliation, Own: true, Every: a.cfg.Reconcile.Interval, Run: job.Run})
	}
	return nil
}

// buildJobs adds what runs all periodic work of this process, the named jobs if it has that role.
func (a *App) buildJobs(named bool) error {
	if !named && len(a.ownJobs) == 0 {
		return nil
	}
	deps := jobs.Deps{Places: a.cfg.JobsConcurrency, Diary: a.here.diary.Load(), Metrics: jobs.NewMetrics(a.metrics), Log: a.log}
	if named {
		if err := a.namedJobs(&deps); err != nil {
			return err
		}
	}
	scheduler := jobs.New(deps)
	for _, j := range a.ownJobs {
		if err := scheduler.Add(j); err != nil {
			return err
		}
	}
	if named {
		if err := scheduler.Apply(a.cfg.Jobs); err != nil {
			return err
		}
		if a.opts.Jobs != nil {
			a.add("jobs of the configuration", func(ctx context.Context) error { return scheduler.Watch(ctx, a.opts.Jobs) })
		}
	}
	a.here.jobs.Store(scheduler)
	a.add("jobs", scheduler.Run)
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
