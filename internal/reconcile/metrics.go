package reconcile

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics say what comparisons found. A nil *Metrics counts nothing.
type Metrics struct {
	difference *prometheus.GaugeVec
	open       prometheus.Gauge
	success    prometheus.Gauge
	failures   prometheus.Counter
	duration   prometheus.Histogram
}

// NewMetrics registers the metrics of a job.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		difference: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "reconcile_difference_rows", Help: "Rows too few or too many that the last comparison found, by kind; anything but 0 is a fault.",
		}, []string{"kind"}),
		open: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "reconcile_open_records", Help: "Records of events that were on their way at the last comparison.",
		}),
		success: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "reconcile_last_success_timestamp_seconds", Help: "When everything was last compared and balanced; 0 before.",
		}),
		failures: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "reconcile_failures_total", Help: "Comparisons that could not be made: Kafka or ClickHouse did not answer.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "reconcile_duration_seconds", Help: "Time a comparison took.",
			Buckets: prometheus.ExponentialBuckets(0.05, 2, 14),
		}),
	}
	r.MustRegister(m.difference, m.open, m.success, m.failures, m.duration)
	return m
}

func (m *Metrics) compared(r *Report, took time.Duration) {
	if m == nil {
		return
	}
	m.duration.Observe(took.Seconds())
	if r == nil || r.Away != "" {
		m.failures.Inc()
		return
	}
	for kind, rows := range r.Differences() {
		m.difference.WithLabelValues(string(kind)).Set(float64(rows))
	}
	m.open.Set(float64(r.Open))
	if r.Balanced && r.Settled {
		m.success.Set(float64(r.At.Unix()))
	}
}
