package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the numbers of jobs. A nil *Metrics counts nothing.
type Metrics struct {
	runs *prometheus.HistogramVec
}

// NewMetrics registers the metrics of jobs.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{runs: prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "nova_job_run_seconds", Help: "Duration of the runs of periodic jobs, by job and result: ok or error.",
		Buckets: prometheus.ExponentialBuckets(0.005, 4, 8),
	}, []string{"job", "result"})}
	r.MustRegister(m.runs)
	return m
}

func (m *Metrics) ran(job string, took time.Duration, err error) {
	if m == nil {
		return
	}
	result := "ok"
	if err != nil {
		result = "error"
	}
	m.runs.WithLabelValues(job, result).Observe(took.Seconds())
}
