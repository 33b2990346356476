// Package app puts the parts of the program together: Build, then Run, then Close, for the command line and for tests
// alike. Which parts run is said by roles; they share nothing but Kafka, so each role may run in any process.
//
// It holds no business: verbs are in processors, exactness in streams and clickhouse, answers in api.
package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"github.com/cenkalti/backoff/v5"
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
	"github.com/nova-social/nova-streams/topology"
)

// Role is a part of the program that can run by itself.
type Role string

// The roles.
const (
	Processors Role = "processors" // the goka groups
	Sinks      Role = "sinks"      // what writes ClickHouse
	API        Role = "api"        // HTTP, the page, the Redis keys
	Applier    Role = "applier"    // what removes old pages from Redis
	Seen       Role = "seen"       // what notes in Redis what users have seen
	Jobs       Role = "jobs"       // named periodic work
)

// Roles are all roles.
var Roles = []Role{Processors, Sinks, API, Applier, Seen, Jobs}

// ParseRole returns the role of that name.
func ParseRole(name string) (Role, error) {
	if r := Role(name); slices.Contains(Roles, r) {
		return r, nil
	}
	return "", fmt.Errorf("no role is named %q; the roles are %v", name, Roles)
}

// Options are what tests and the demo add to the configuration.
type Options struct {
	Version string
	Groups  []string // goka groups, sinks and consumers to run, of those the roles have; nil for all
	// Jobs reads what the configuration says of named jobs now; nil where that does not change.
	Jobs func() (jobs.Specs, error)
}

// wants reports whether a group is to run.
func (o Options) wants(group string) bool { return o.Groups == nil || slices.Contains(o.Groups, group) }

// ParseGroup returns name if a goka group, a sink or a consumer has it.
func ParseGroup(name string) (string, error) {
	var all []string
	for _, in := range inputs() {
		all = append(all, in.Group)
	}
	if slices.Contains(all, name) {
		return name, nil
	}
	return "", fmt.Errorf("no group is named %q; the groups are %v", name, all)
}

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
	server    *api.Server
	parts     []part
	closers   []func() error
}

// part is one thing that runs until its context ends.
type part struct {
	name string
	run  func(context.Context) error
}

// startupPatience is how long Build waits for Kafka and the registry, which may start at the same time.
const startupPatience = time.Minute

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

// register makes the codecs, once. The API needs none: tables need no registry.
func (a *App) register(ctx context.Context) error {
	if a.codecs != nil {
		return nil
	}
	reg, err := registry.New(a.cfg.Registry, a.log)
	if err != nil {
		return err
	}
	a.registry = reg
	a.onClose(func() error { reg.Close(); return nil })
	// a decoder that waits for the registry goes on waiting until Close
	lookups, stop := context.WithCancel(context.WithoutCancel(ctx))
	a.onClose(func() error { stop(); return nil })
	a.codecs, err = patiently(ctx, a.log, "registering schemas", func() (*schemas.Codecs, error) { return schemas.NewCodecs(lookups, reg) })
	return err
}

// provision makes the topics.
func (a *App) provision(ctx context.Context) error {
	created, err := patiently(ctx, a.log, "provisioning topics", func() ([]string, error) {
		made, err := Provision(ctx, a.cfg.Kafka)
		if errors.Is(err, streams.ErrMismatch) {
			return made, backoff.Permanent(err)
		}
		return made, err
	})
	if err != nil {
		return err
	}
	if len(created) > 0 {
		a.log.InfoContext(ctx, "created topics", "topics", created)
	}
	lines, err := leaving(ctx, func() ([]string, error) { return Replication(a.cfg.Kafka) })
	if err != nil {
		a.log.WarnContext(ctx, "looking at the copies of topics", "err", err)
	}
	for _, line := range lines {
		a.log.WarnContext(ctx, "a topic has another number of copies than set", "what", line)
	}
	return nil
}

// Provision creates the topics of the catalogue that are missing and checks the others.
func Provision(ctx context.Context, k config.Kafka) ([]string, error) {
	return streams.Provision(ctx, k.Brokers, TopicSpecs(k))
}

// Replication returns a line for each topic of the catalogue that has another number of copies than set.
func Replication(k config.Kafka) ([]string, error) {
	return streams.Replication(k.Brokers, TopicSpecs(k))
}

// TopicSpecs says what each topic of the catalogue must be on this cluster.
func TopicSpecs(k config.Kafka) []streams.TopicSpec {
	var specs []streams.TopicSpec
	for _, t := range topology.Topics() {
		c := t.Config()
		c["min.insync.replicas"] = strconv.Itoa(k.MinInsyncReplicas)
		specs = append(specs, streams.TopicSpec{Name: k.Name(t.Name), Partitions: cmp.Or(t.Partitions, k.Partitions), Replication: k.Replication, Config: c, Foreign: t.Foreign})
	}
	return specs
}

// patiently tries until it works, the error is permanent, or the patience of start-up is over.
func patiently[T any](ctx context.Context, log *slog.Logger, what string, try func() (T, error)) (T, error) {
	v, err := backoff.Retry(ctx, func() (T, error) { return leaving(ctx, try) }, backoff.WithMaxElapsedTime(startupPatience), backoff.WithNotify(func(err error, wait time.Duration) {
		log.WarnContext(ctx, "not possible yet", "what", what, "err", err, "again_in", wait)
	}))
	if err != nil {
		return v, fmt.Errorf("%s: %w", what, err)
	}
	return v, nil
}

// leaving calls try and gives up on its answer when ctx ends: not every client can be told to stop.
func leaving[T any](ctx context.Context, try func() (T, error)) (T, error) {
	type answer struct {
		v   T
		err error
	}
	done := make(chan answer, 1)
	go func() {
		v, err := try()
		done <- answer{v, err}
	}()
	select {
	case a := <-done:
		return a.v, a.err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
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
