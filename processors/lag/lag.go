// Package lag measures how long a change of the application's database takes until it is applied to a row of ours.
package lag

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the lags by table. A nil *Metrics measures nothing.
type Metrics struct {
	all  *prometheus.HistogramVec
	last *prometheus.GaugeVec
	now  func() time.Time
}

// NewMetrics registers the metrics. now is the clock, which decides nothing but what is shown.
func NewMetrics(registry prometheus.Registerer, now func() time.Time) *Metrics {
	m := &Metrics{
		all: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cdc_lag_seconds", Help: "From the commit in the database until the change is applied to its row.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 16),
		}, []string{"table"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "cdc_last_lag_seconds", Help: "As cdc_lag_seconds, of the change applied last.",
		}, []string{"table"}),
		now: now,
	}
	registry.MustRegister(m.all, m.last)
	return m
}

// Applied measures a change of a table that was committed at commitMS, Unix ms, and is applied now. What a snapshot has
// read is not to be measured: its commit may be years old.
func (m *Metrics) Applied(table string, commitMS int64) {
	if m == nil {
		return
	}
	lag := m.now().Sub(time.UnixMilli(commitMS)).Seconds()
	m.all.WithLabelValues(table).Observe(lag)
	m.last.WithLabelValues(table).Set(lag)
}
