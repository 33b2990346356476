package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// window is the benchmark's: the minute of the clock and the 59 before it.
var window = engagement.Window{Length: time.Hour, Bucket: time.Minute}

// peer is the groups of one flow and the view they are judged by.
type peer struct {
	env     environment
	cfg     config.Config
	stages  []*streams.Stage
	metrics *prometheus.Registry
	view    *streams.View
	board   *trending.Board
	newest  atomic.Int64 // Unix ms of the latest engagement in the view
}

func newPeer(env environment, flow string, log *slog.Logger) (*peer, error) {
	cfg := settings(env)
	p := &peer{env: env, cfg: cfg, metrics: prometheus.NewRegistry()}
	p.board = trending.New(cfg.Trending, cfg.Window, cfg.Weights, nil)
	layer := cfg.StreamsConfig()
	layer.Log, layer.Metrics = log, streams.NewMetrics(p.metrics)
	layer.Shared = []string{env.topic}
	all, codecs, err := members(flow, env.topic, cfg)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		opts := streams.Options{RowKey: m.group.RowKey}
		switch m.group.Name {
		case topology.Dedup:
			opts.Keep = cfg.Dedup.Keep
		case topology.Sessions:
			opts.Keep = cfg.Sessions.Keep
		}
		stage, err := streams.New(layer, m.group.Graph, m.verb, opts)
		if err != nil {
			return nil, fmt.Errorf("preparing group %s: %w", m.group.Name, err)
		}
		p.stages = append(p.stages, stage)
	}
	p.view, err = streams.NewView(layer, string(topology.ScoresTable), codecs.ScoreRows, p.update)
	return p, err
}

// update takes a row that changed.
func (p *peer) update(post string, row schemas.Row) {
	r, ok := row.(*schemas.ScoreRow)
	if !ok {
		p.board.Delete(post)
		return
	}
	p.board.Update(post, r)
	for old := p.newest.Load(); r.LastEngagement > old && !p.newest.CompareAndSwap(old, r.LastEngagement); old = p.newest.Load() {
	}
}

// now is the clock of the benchmark.
func (p *peer) now() time.Time {
	if p.env.wall {
		return time.Now()
	}
	return time.UnixMilli(p.newest.Load())
}

// run provisions the topics, then runs everything until ctx ends.
func (p *peer) run(ctx context.Context) error {
	if err := p.countPartitions(); err != nil {
		return err
	}
	topics := slices.DeleteFunc(app.TopicSpecs(p.cfg.Kafka), func(t streams.TopicSpec) bool {
		return t.Name == p.env.topic
	})
	if _, err := streams.Provision(ctx, p.cfg.Kafka.Brokers, topics); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range p.stages {
		group.Go(func() error { return s.Run(ctx) })
	}
	group.Go(func() error { return p.view.Run(ctx) })
	group.Go(func() error { return p.board.Run(ctx, p.now, p.view.Recovered) })
	group.Go(func() error { return p.serve(ctx) })
	return group.Wait()
}

// countPartitions gives all topics as many partitions as the input has.
func (p *peer) countPartitions() error {
	client, err := kafka.Dial(p.cfg.Kafka.Brokers, p.cfg.Kafka.ClientID)
	if err != nil {
		return err
	}
	defer client.Close()
	all, err := client.Partitions(p.env.topic)
	if err != nil {
		return fmt.Errorf("counting the partitions of %s: %w", p.env.topic, err)
	}
	p.cfg.Kafka.Partitions = int32(len(all))
	return nil
}

// ready reports whether every group processes and the view is current.
func (p *peer) ready() bool {
	return p.view.Recovered() && !slices.ContainsFunc(p.stages, func(s *streams.Stage) bool { return s.Status().State != streams.Running })
}
