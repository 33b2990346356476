package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/processors/applied"
	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/processors/reactions"
	"github.com/nova-social/nova-streams/processors/transactions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// databaseGroups are the groups of the application's database, by name.
type databaseGroups struct {
	decoder      *debezium.Decoder
	readers      map[string]*cdc.Group
	keepers      map[string]*entities.Group
	reactions    *reactions.Group
	transactions *transactions.Group
	verbs        map[string]streams.Verb
}

func (a *App) databaseGroups() (*databaseGroups, error) {
	decoder, err := debezium.New(a.cfg.CDC.Records, writers{a.registry})
	if err != nil {
		return nil, err
	}
	metrics := newDatabaseMetrics(a.metrics, time.Now)
	a.here.database.Store(metrics.registry)
	partitions := murmur2.Keys(a.cfg.Kafka.Partitions, schemas.TruncateKey)
	d := &databaseGroups{
		decoder: decoder, readers: map[string]*cdc.Group{}, keepers: map[string]*entities.Group{},
		reactions:    &reactions.Group{Tolerance: a.cfg.Entities.Tolerance, Metrics: metrics.applied},
		transactions: &transactions.Group{Config: a.cfg.CDC.Transactions, Metrics: metrics.passed, Log: a.log.With("group", topology.Transactions)},
	}
	d.verbs = map[string]streams.Verb{
		string(topology.CdcTransaction): transactions.Boundaries{Decoder: decoder}.On,
		string(topology.Transactions):   d.transactions.On,
		string(topology.Reactions):      d.reactions.On,
	}
	for _, e := range topology.Entities() {
		reader := &cdc.Group{Config: a.cfg.CDC.Readers, Entity: e, Decoder: decoder, Partitions: partitions, Metrics: metrics.read, Log: a.log.With("group", e.Reader)}
		d.readers[string(e.Reader)], d.verbs[string(e.Reader)] = reader, reader.On
		if e.Keeper != "" {
			keeper := &entities.Group{Config: a.cfg.Entities, Forgets: e.Forgets, Metrics: metrics.applied}
			d.keepers[string(e.Keeper)], d.verbs[string(e.Keeper)] = keeper, keeper.On
		}
	}
	return d, nil
}

// databaseMetrics are those of the groups between Debezium and the tables, in a registry of their own that can be asked
// for them alone.
type databaseMetrics struct {
	registry *prometheus.Registry
	read     *cdc.Metrics
	applied  *applied.Metrics
	passed   *transactions.Metrics
}

// newDatabaseMetrics registers them with the program's, too.
func newDatabaseMetrics(program prometheus.Registerer, now func() time.Time) databaseMetrics {
	own := prometheus.NewRegistry()
	m := databaseMetrics{own, cdc.NewMetrics(own), applied.NewMetrics(own, now), transactions.NewMetrics(own)}
	program.MustRegister(own)
	return m
}
