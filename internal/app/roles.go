package app

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/lovoo/goka"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/processors/deadletter"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/processors/scores"
	"github.com/nova-social/nova-streams/processors/sessions"
	"github.com/nova-social/nova-streams/processors/transactions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// verbs says what each group does.
func (a *App) verbs(database *databaseGroups) map[string]streams.Verb {
	verbs := map[string]streams.Verb{
		string(topology.Dedup):    a.cfg.Dedup.On,
		string(topology.Scores):   scores.Config{Window: a.cfg.Window}.On,
		string(topology.Sessions): sessions.Config{Rule: a.cfg.Sessions}.On,
	}
	maps.Copy(verbs, database.verbs)
	maps.Copy(verbs, a.invalidationVerbs())
	return verbs
}

// stageOptions says what a group wants of the layer beside its graph and verb.
func (a *App) stageOptions(g topology.Group, database *databaseGroups) streams.Options {
	opts := streams.Options{RowKey: g.RowKey, Refuse: func(ctx goka.Context, why error, value []byte, size int) schemas.Outcome {
		return deadletter.RefuseCut(ctx, g.DeadLetters, schemas.ReasonTooLarge, why.Error(), value, size)
	}}
	switch {
	case g.Name == topology.Dedup:
		opts.Keep = a.cfg.Dedup.Keep
	case g.Name == topology.Sessions:
		opts.Keep = a.cfg.Sessions.Keep
	case database.keepers[string(g.Name)] != nil:
		opts.Punctuate, opts.PunctuateEvery = database.keepers[string(g.Name)].Sweep, entities.SweepEvery
	case g.Name == topology.Transactions:
		opts.Keep = a.cfg.CDC.TransactionKeep
		opts.Punctuate, opts.PunctuateEvery = database.transactions.Tell, transactions.TellEvery
	case g.Name == topology.CdcTransaction:
		opts.Prepare = database.decoder.Learn
	case database.readers[string(g.Name)] != nil:
		opts.Prepare, opts.Refuse = database.decoder.Learn, database.readers[string(g.Name)].TooLarge
	}
	return opts
}

func (a *App) layer() streams.Config {
	cfg := a.cfg.StreamsConfig()
	cfg.Log = a.log
	return cfg
}

func (a *App) buildProcessors() error {
	cfg := a.layer()
	cfg.Metrics = streams.NewMetrics(a.metrics)
	database, err := a.databaseGroups()
	if err != nil {
		return err
	}
	verbs := a.verbs(database)
	var stages []*streams.Stage
	for _, g := range topology.Groups(a.codecs) {
		if !a.opts.wants(string(g.Name)) {
			continue
		}
		stage, err := streams.New(cfg, g.Graph, verbs[string(g.Name)], a.stageOptions(g, database))
		if err != nil {
			return err
		}
		stages = append(stages, stage)
		a.add("group "+stage.Name(), stage.Run)
	}
	a.here.stages.Store(&stages)
	return nil
}

func (a *App) buildSinks() error {
	mappings := slices.DeleteFunc(clickhouse.Mappings(), func(m *clickhouse.Mapping) bool { return !a.opts.wants(m.Group) })
	if len(mappings) == 0 {
		return nil
	}
	client, err := clickhouse.Open(a.cfg.ClickHouse, clickhouse.Measured(a.calls()))
	if err != nil {
		return err
	}
	a.onClose(client.Close)
	a.here.writer.Store(client)
	var sinks []*clickhouse.Sink
	for _, m := range mappings {
		metrics := clickhouse.NewMetrics(prometheus.WrapRegistererWith(prometheus.Labels{"table": m.Table}, a.metrics))
		sink, err := clickhouse.NewSink(m, a.cfg.SinkConfig(), clickhouse.Deps{
			Table: client, Records: m.Codec(a.codecs), DeadLetters: a.codecs.DeadLetters,
			Log: a.log.With("group", m.Group), Metrics: metrics, Commits: commits.NewMetrics(a.metrics),
		})
		if err != nil {
			return err
		}
		sinks = append(sinks, sink)
		a.add("sink "+m.Table, sink.Run)
	}
	a.here.sinks.Store(&sinks)
	return a.sinkJobs()
}

// buildAPI also begins to serve: while the rest is waited for, the program is alive and says that it is not ready.
func (a *App) buildAPI(ctx context.Context) error {
	rows, err := schemas.NewCodecs(ctx, &schemas.Offline{}) // tables need no registry
	if err != nil {
		return err
	}
	board := trending.New(a.cfg.Trending, a.cfg.Window, a.cfg.Weights, trending.NewMetrics(a.metrics))
	counts := lifetime.New()
	a.watermark = streams.NewWatermark(a.inspector, time.Now, streams.NewWatermarkMetrics(a.metrics))
	view, err := a.newView(topology.ScoresTable, rows.ScoreRows, func(post string, row schemas.Row) {
		r, ok := row.(*schemas.ScoreRow)
		counts.Update(post, r)
		if ok {
			board.Update(post, r)
		} else {
			board.Delete(post)
		}
	})
	if err != nil {
		return err
	}
	lists, err := a.newLists(rows.EntityRows)
	if err != nil {
		return err
	}
	board.Hide(lists.Hidden)
	board.Follow(view.Read)
	a.add("trending", func(ctx context.Context) error {
		return board.Run(ctx, a.watermark.Now, func() bool { return view.Recovered() && lists.Recovered() })
	})
	redis := cache.NewMetrics(a.metrics)
	follows, err := a.newFollows(lists, redis)
	if err != nil {
		return err
	}
	feeds, err := a.newFeed(lists, board, view, rows.ReactionRows)
	if err != nil {
		return err
	}
	reader, err := a.openReader()
	if err != nil {
		return err
	}
	a.here.reader.Store(reader)
	hourly, err := newHourly(reader, a.cfg)
	if err != nil {
		return err
	}
	callers, err := a.newCallers(rows.EntityRows)
	if err != nil {
		return err
	}
	handler := api.New(api.Deps{
		Config: a.cfg.HTTP, Version: a.opts.Version, Trending: board, Posts: posts{counts, view, a.cfg.Window, a.watermark.Now}, Timeline: lists, Status: status{a.inspector, &a.here}, Ready: a.here.ready,
		Engagement: hourly, Degraded: a.here.degraded,
		Suggestions: follows, Feed: feeds, Ingest: a.newSender(), EventLimits: api.EventLimits{MaxEvents: a.cfg.Ingest.MaxEvents, MaxBytes: a.cfg.Ingest.MaxBytes, Pending: a.cfg.Ingest.QueueBytes, Ahead: a.cfg.Dedup.Ahead}, Metrics: a.metrics, Log: a.log,
		Callers: callers, Known: a.watermark.Now,
	})
	if err := a.serve(ctx, handler); err != nil {
		return err
	}
	writer, err := cache.NewWriter(a.cfg.Redis, board, redis, a.log)
	if err != nil {
		return err
	}
	a.onClose(writer.Close)
	a.add("redis", writer.Run)
	a.add("watermark", a.watermark.Run)
	return nil
}
