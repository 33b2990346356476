package entities

import "github.com/prometheus/client_golang/prometheus"

// Changes is the counter of a table, operation and result.
func (m *Metrics) Changes(table, op, result string) prometheus.Counter {
	return m.changes.WithLabelValues(table, op, result)
}
