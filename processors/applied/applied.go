// Package applied counts what became of changes of the application's database, and how late they were.
package applied

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Result is what became of a change of a row.
type Result string

// The results.
const (
	Applied   Result = "applied"
	Older     Result = "older"
	Repeated  Result = "repeated"
	Truncated Result = "truncated" // older than a truncate of its table
)

// Metrics count and measure by table. A nil *Metrics does nothing.
type Metrics struct {
	changes *prometheus.CounterVec
	lag     *prometheus.HistogramVec
	last    *prometheus.GaugeVec
	now     func() time.Time
}

// NewMetrics registers the metrics. now is the clock, which decides nothing but what is shown. What is counted begins with
// 0, as alarms see no increase in what begins with 1.
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
	for _, e := range topology.Entities() {
		for op := schemas.ChangeUpsert; op <= schemas.ChangeDelete; op++ {
			for _, result := range []Result{Applied, Older, Repeated, Truncated} {
				m.Changes(e.Table, op, result)
			}
		}
	}
	return m
}

// Count counts a change.
func (m *Metrics) Count(table string, op schemas.ChangeOp, result Result) {
	if m != nil {
		m.Changes(table, op, result).Inc()
	}
}

// Late measures a change of a table that was committed at commitMS, Unix ms, and is applied now. What a snapshot has read
// is not to be measured: its commit may be years old.
func (m *Metrics) Late(table string, commitMS int64) {
	if m == nil {
		return
	}
	lag := m.now().Sub(time.UnixMilli(commitMS)).Seconds()
	m.lag.WithLabelValues(table).Observe(lag)
	m.last.WithLabelValues(table).Set(lag)
}

// Changes returns the counter of a table, operation and result.
func (m *Metrics) Changes(table string, op schemas.ChangeOp, result Result) prometheus.Counter {
	return m.changes.WithLabelValues(table, op.String(), string(result))
}
