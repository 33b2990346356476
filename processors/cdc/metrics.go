package cdc

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

// Metrics count what connectors say. A nil *Metrics counts nothing.
type Metrics struct{ events *prometheus.CounterVec }

// NewMetrics registers the counters. Those of truncates begin with 0: an alarm sees no increase in what begins with 1.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{events: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cdc_events_total", Help: "Records of Debezium by table and operation, or by what is skipped; repeats included.",
	}, []string{"table", "op"})}
	registry.MustRegister(m.events)
	for _, e := range topology.Entities() {
		m.events.WithLabelValues(e.Table, operations[debezium.Truncate])
	}
	return m
}

var operations = map[debezium.Operation]string{
	debezium.Create: "create", debezium.Update: "update", debezium.Delete: "delete", debezium.Read: "read", debezium.Truncate: "truncate",
}

// Count counts a record.
func (m *Metrics) Count(table, op string) {
	if m != nil {
		m.events.WithLabelValues(table, op).Inc()
	}
}
