package app

import (
	"time"

	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// cdcVerbs adds what the groups between Debezium and the tables do.
func (a *App) cdcVerbs(verbs map[string]streams.Verb) error {
	decoder, err := debezium.New(a.cfg.CDC.Records, writers{a.registry})
	if err != nil {
		return err
	}
	read, kept := cdc.NewMetrics(a.metrics), entities.NewMetrics(a.metrics, time.Now)
	partitions := murmur2.Keys(a.cfg.Kafka.Partitions, schemas.TruncateKey)
	keeper := &entities.Group{Config: a.cfg.Entities, Metrics: kept}
	for _, e := range topology.Entities() {
		reader := &cdc.Group{Config: a.cfg.CDC.Readers, Entity: e, Decoder: decoder, Partitions: partitions, Metrics: read}
		verbs[string(e.Reader)] = reader.On
		if e.Keeper != "" {
			verbs[string(e.Keeper)] = keeper.On
		}
	}
	return nil
}

// keeps reports whether a group keeps a table of the application's.
func keeps(g topology.Group) bool {
	for _, e := range topology.Entities() {
		if e.Keeper != "" && e.Keeper == g.Name {
			return true
		}
	}
	return false
}
