// Package app puts the parts of the program together: Build, then Run, then Close, for the command line and for tests
// alike. Which parts run is said by roles; they share nothing but Kafka, so each role may run in any process.
//
// It holds no business: verbs are in processors, exactness in streams and clickhouse, answers in api.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"golang.org/x/sync/errgroup"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// App is a running program, or one about to run.
type App struct {
	cfg      config.Config
	log      *slog.Logger
	metrics  *prometheus.Registry
	codecs   *schemas.Codecs
	registry *registry.Client
	opts     Options

	callMetrics     *clickhouse.CallMetrics // nil until a client is opened
	consumerMetrics *consume.Metrics        // nil until there is a consumer

	ownJobs   []jobs.Job          // periodic work of other roles
	reconcile *reconcile.Job      // nil until reconciling
	asked     func(userID string) // has suggestions written; nil without the API

	here      here
	inspector *streams.Inspector
	watermark *streams.Watermark // of the views that the API answers from; nil without it
	server    *api.Server
	parts     []part
	closers   []func() error
}

// part is one thing that runs until its context ends.
type part struct {
	name string
	run  func(context.Context) error
}

// closePatience is how long freeing things may take after a failed Build.
const closePatience = time.Second

// Build connects to the registry, provisions the topics and prepares the roles. It waits up to a minute for what is not
// there yet. What it returns must be closed.
func Build(ctx context.Context, cfg config.Config, roles []Role, log *slog.Logger, opts Options) (*App, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: log, opts: opts, metrics: prometheus.NewRegistry()}
	a.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := a.build(ctx, roles); err != nil {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
		defer cancel()
		return nil, errors.Join(err, a.Close(closing))
	}
	return a, nil
}

func (a *App) build(ctx context.Context, roles []Role) error {
	var err error
	if a.inspector, err = streams.NewInspector(a.cfg.Kafka.Brokers, a.cfg.Kafka.Prefix); err != nil {
		return err
	}
	a.onClose(func() error { a.inspector.Close(); return nil })
	a.metrics.MustRegister(stageCollector{&a.here}, lagCollector{a.inspector, &a.here, a.log})
	if err := a.openDiary(); err != nil {
		return err
	}
	// first, so that it can say that the rest is being waited for
	if slices.Contains(roles, API) {
		if err := a.buildAPI(ctx); err != nil {
			return fmt.Errorf("preparing %s: %w", API, err)
		}
	} else if err := a.buildOperations(ctx); err != nil {
		return err
	}
	if err := a.provision(ctx); err != nil {
		return err
	}
	for _, of := range []struct {
		role  Role
		build func() error
	}{{Processors, a.buildProcessors}, {Sinks, a.buildSinks}, {Applier, a.buildApplier}, {Seen, a.buildSeen}} {
		if !slices.Contains(roles, of.role) {
			continue
		}
		if err := a.register(ctx); err != nil {
			return err
		}
		if err := of.build(); err != nil {
			return fmt.Errorf("preparing %s: %w", of.role, err)
		}
	}
	named := slices.Contains(roles, Jobs)
	if named {
		if err := a.register(ctx); err != nil {
			return err
		}
	}
	if err := a.buildJobs(named); err != nil {
		return fmt.Errorf("preparing %s: %w", Jobs, err)
	}
	a.here.built.Store(true)
	return nil
}

func (a *App) onClose(f func() error) { a.closers = append(a.closers, f) }

func (a *App) add(name string, run func(context.Context) error) {
	a.parts = append(a.parts, part{name, run})
}

// drainPatience is how long the end may take in all. A part that waits for Kafka to answer is then left behind: what it
// had not committed is done again by whoever runs next.
const drainPatience = 8 * time.Second

// Run runs all parts until ctx ends or one fails. Ending by ctx drains: batches and epochs under way are finished and
// committed, for at most 8 s. It returns nil then.
func (a *App) Run(ctx context.Context) error {
	group, inner := errgroup.WithContext(ctx)
	for _, p := range a.parts {
		group.Go(func() error {
			if err := p.run(inner); err != nil {
				return fmt.Errorf("%s: %w", p.name, err)
			}
			return nil
		})
	}
	patience, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	defer context.AfterFunc(inner, func() { time.AfterFunc(drainPatience, over) })()
	_, err := leaving(patience, func() (struct{}, error) { return struct{}{}, group.Wait() })
	if patience.Err() != nil {
		a.log.WarnContext(ctx, "ended without waiting any longer", "while", "draining", "after", drainPatience)
		if ctx.Err() == nil { // not asked to end: a part failed, and the others would not let go
			return context.Cause(inner)
		}
		return nil
	}
	return err
}

// Addr returns the host:port at which the program answers.
func (a *App) Addr() string { return a.server.Addr() }

// Close frees what Build took, in reverse order, until ctx ends. Run must have returned.
func (a *App) Close(ctx context.Context) error {
	_, err := leaving(ctx, func() (struct{}, error) {
		var errs []error
		for _, f := range slices.Backward(a.closers) {
			errs = append(errs, f())
		}
		return struct{}{}, errors.Join(errs...)
	})
	if err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	return nil
}
