package app

import (
	"time"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/applier"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/seen"
	"github.com/nova-social/nova-streams/topology"
)

// buildApplier adds what removes old pages from Redis, and watches over that.
func (a *App) buildApplier() error {
	of := topology.ApplierOfInvalidations()
	of.Group = a.cfg.Applier.Group
	if !a.opts.wants(of.Group) {
		return nil
	}
	pages, err := cache.NewPages(a.cfg.Redis, a.cfg.Pages, nil, nil)
	if err != nil {
		return err
	}
	a.onClose(pages.Close)
	watcher, err := cache.NewWatcher(a.cfg.Redis, cache.NewServerMetrics(a.metrics), a.log)
	if err != nil {
		return err
	}
	a.onClose(watcher.Close)
	a.add("redis watcher", watcher.Run)
	return a.consume(of, a.codecs.CacheInvalidations, a.cfg.Applier.Work(pages, applier.NewMetrics(a.metrics)), a.cfg.Applier.Batch, a.cfg.Applier.Coalesce)
}

// buildSeen adds what notes in Redis what users have seen.
func (a *App) buildSeen() error {
	of := topology.SeenPosts()
	if !a.opts.wants(of.Group) {
		return nil
	}
	posts, err := cache.NewSeen(a.cfg.Redis)
	if err != nil {
		return err
	}
	a.onClose(posts.Close)
	return a.consume(of, a.codecs.Activity, seen.Work(posts), seen.Batch, seen.Wait)
}

// consume adds a consumer.
func (a *App) consume(of topology.Consumer, records goka.Codec, work consume.Work, batch int, wait time.Duration) error {
	if a.consumerMetrics == nil {
		a.consumerMetrics = consume.NewMetrics(a.metrics)
	}
	cfg := a.cfg.ConsumerConfig(of)
	cfg.MaxBatch, cfg.MaxWait = batch, wait
	c, err := consume.New(cfg, work, consume.Deps{
		Records: records, DeadLetters: a.codecs.DeadLetters, Log: a.log.With("group", of.Group),
		Metrics: a.consumerMetrics, Commits: commits.NewMetrics(a.metrics),
	})
	if err != nil {
		return err
	}
	consumers := []*consume.Consumer{c}
	if others := a.here.consumers.Load(); others != nil {
		consumers = append(consumers, *others...)
	}
	a.here.consumers.Store(&consumers)
	a.add("consumer "+of.Group, c.Run)
	return nil
}
