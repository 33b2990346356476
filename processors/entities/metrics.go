package entities

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/schemas"
)

// Metrics count what became of changes, and how late they were. A nil *Metrics counts nothing.
type Metrics struct {
	changes *prometheus.CounterVec
	lag     *prometheus.HistogramVec
	last    *prometheus.GaugeVec
	now     func() time.Time
}

// NewMetrics registers the metrics. now is the clock, which decides nothing but the lag that is shown.
func NewMetrics(registry prometheus.Registerer, now func() time.Time) *Metrics {
	m := &Metrics{
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cdc_changes_total", Help: "Changes of rows by table, operation and what became of them.",
		}, []string{"table", "op", "result"}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cdc_lag_seconds", Help: "From the commit in the database until the change is applied to its row.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 16),
		}, []string{"table"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cdc_last_lag_seconds", Help: "As cdc_lag_seconds, of the change applied last.",
		}, []string{"table"}),
		now: now,
	}
	registry.MustRegister(m.changes, m.lag, m.last)
	return m
}

// told counts a change and returns its outcome.
func (m *Metrics) told(c *schemas.Change, result string, o schemas.Outcome) schemas.Outcome {
	if m == nil {
		return o
	}
	m.changes.WithLabelValues(c.Table, c.Op.String(), result).Inc()
	if o == schemas.Applied && !c.Snapshot {
		lag := m.now().Sub(time.UnixMilli(c.CommitMS)).Seconds()
		m.lag.WithLabelValues(c.Table).Observe(lag)
		m.last.WithLabelValues(c.Table).Set(lag)
	}
	return o
}
