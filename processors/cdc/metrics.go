package cdc

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// Metrics count what connectors say. A nil *Metrics counts nothing.
type Metrics struct{ events *prometheus.CounterVec }

// NewMetrics registers the counters.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{events: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cdc_events_total", Help: "Records of Debezium by table and operation, or by what is skipped; repeats included.",
	}, []string{"table", "op"})}
	registry.MustRegister(m.events)
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
