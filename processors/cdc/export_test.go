package cdc

import "github.com/prometheus/client_golang/prometheus"

// Events is the counter of a table and operation.
func (m *Metrics) Events(table, op string) prometheus.Counter {
	return m.events.WithLabelValues(table, op)
}
