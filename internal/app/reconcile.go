package app

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// comparing is how long one query of a comparison may take: it reads all rows of the time looked at.
const comparing = 5 * time.Minute

// openTable connects to post_events when first used, under a name in metrics; what it returns must be closed.
func openTable(cfg clickhouse.Config, name string, options ...clickhouse.Option) (*clickhouse.Client, error) {
	cfg.QueryTimeout, cfg.ReadTimeout = max(cfg.QueryTimeout, comparing), max(cfg.ReadTimeout, comparing)
	return clickhouse.Open(cfg, append(options, clickhouse.Named(name))...)
}

// reconciler compares by way of connections that others have made, and one to Kafka for each comparison.
type reconciler struct {
	cfg       config.Config
	inspector *streams.Inspector
	codecs    *schemas.Codecs
	table     *reconcile.Table
	warn      func(string) // may be nil
}

func (r reconciler) compare(ctx context.Context, now time.Time, tell func(string)) (*reconcile.Report, error) {
	client, err := kafka.Dial(r.cfg.Kafka.Brokers, r.cfg.Kafka.ClientID)
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	c := reconcile.Reconciler{
		Config: r.cfg.Reconcile, Keep: r.cfg.ClickHouse.Retention, Flow: reconcile.EventFlow(), Broker: r.inspector, Table: r.table,
		Topics: &reconcile.Kafka{Client: client, Prefix: r.cfg.Kafka.Prefix, Letters: r.codecs.DeadLetters, Activities: r.codecs.Activity, Rows: r.codecs.EnrichedEvents},
		Warn:   r.warn,
	}
	return c.Run(ctx, now, tell)
}

// Reconcile compares once. tell gets a line per step, warn, if not nil, one at once if
// ClickHouse is away.
func Reconcile(ctx context.Context, cfg config.Config, codecs *schemas.Codecs, now time.Time, tell, warn func(string)) (*reconcile.Report, error) {
	inspector, err := streams.NewInspector(cfg.Kafka.Brokers, cfg.Kafka.Prefix)
	if err != nil {
		return nil, err
	}
	defer inspector.Close()
	if err := inspector.Reach(ctx); err != nil {
		return nil, err
	}
	client, err := openTable(cfg.ClickHouse, "reconcile")
	if err != nil {
		return nil, err
	}
	defer func() { _ = client.Close() }()
	r := reconciler{cfg, inspector, codecs, reconcile.NewTable(client), warn}
	return r.compare(ctx, now, tell)
}

// reconciling returns the comparison that is made every so often. All jobs that make it share one.
func (a *App) reconciling() (*reconcile.Job, error) {
	if a.reconcile != nil {
		return a.reconcile, nil
	}
	client, err := openTable(a.cfg.ClickHouse, "reconcile", clickhouse.Measured(a.calls()))
	if err != nil {
		return nil, err
	}
	a.onClose(client.Close)
	r := reconciler{a.cfg, a.inspector, a.codecs, reconcile.NewTable(client), nil}
	log := a.log.With("job", "reconcile")
	a.reconcile = &reconcile.Job{
		Metrics: reconcile.NewMetrics(a.metrics), Log: log,
		Compare: func(ctx context.Context, now time.Time) (*reconcile.Report, error) {
			return leaving(ctx, func() (*reconcile.Report, error) { // Kafka's clients do not end with ctx
				return r.compare(ctx, now, func(step string) { log.LogAttrs(ctx, slog.LevelDebug, "reconciling", slog.String("step", step)) })
			})
		},
		Publish: func(found *reconcile.Report) { a.here.reconciled.Store(reconciliation(found)) },
	}
	return a.reconcile, nil
}

// toldFindings is how many findings the status names.
const toldFindings = 10

// reconciliation is what the status says of a comparison.
func reconciliation(r *reconcile.Report) *api.Reconciliation {
	out := &api.Reconciliation{At: r.At, Balanced: r.Balanced, Settled: r.Settled, Open: r.Open, Findings: []string{}}
	for n, f := range r.Findings {
		if n == toldFindings {
			out.Findings = append(out.Findings, fmt.Sprintf("and %d more", len(r.Findings)-n))
			break
		}
		out.Findings = append(out.Findings, fmt.Sprintf("%s, %d rows: %s", f.Kind, f.Rows, f))
	}
	return out
}
