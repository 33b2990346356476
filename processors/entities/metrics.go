package entities

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/processors/lag"
	"github.com/nova-social/nova-streams/schemas"
)

// Metrics count what became of changes, and measure how late they were. A nil *Metrics counts nothing.
type Metrics struct {
	changes *prometheus.CounterVec
	lag     *lag.Metrics
}

// NewMetrics registers the counter. late measures; nil for not.
func NewMetrics(registry prometheus.Registerer, late *lag.Metrics) *Metrics {
	m := &Metrics{lag: late, changes: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cdc_changes_total", Help: "Changes of rows by table, operation and what became of them.",
	}, []string{"table", "op", "result"})}
	registry.MustRegister(m.changes)
	return m
}

// told counts a change and returns its outcome.
func (m *Metrics) told(c *schemas.Change, result string, o schemas.Outcome) schemas.Outcome {
	if m == nil {
		return o
	}
	m.changes.WithLabelValues(c.Table, c.Op.String(), result).Inc()
	if o == schemas.Applied && !c.Snapshot {
		m.lag.Applied(c.Table, c.CommitMS)
	}
	return o
}
