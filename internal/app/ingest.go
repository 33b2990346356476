package app

import (
	"github.com/nova-social/nova-streams/internal/ingest"
	"github.com/nova-social/nova-streams/topology"
)

// newSender adds to the program what writes events that come over HTTP.
func (a *App) newSender() *ingest.Sender {
	target := ingest.Target{Brokers: a.cfg.Kafka.Brokers, ClientID: a.cfg.Kafka.ClientID, Topic: a.cfg.Kafka.Name(string(topology.Events))}
	s := ingest.New(a.cfg.Ingest, target, ingest.NewMetrics(a.metrics), a.log)
	a.add("ingest", s.Run)
	return s
}
