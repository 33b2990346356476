package jobs

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the numbers of jobs. A nil *Metrics counts nothing.
type Metrics struct {
	took    *prometheus.HistogramVec
	runs    *prometheus.CounterVec
	last    *prometheus.GaugeVec
	dead    *prometheus.CounterVec
	lost    *prometheus.CounterVec
	refused prometheus.Gauge
}

// NewMetrics registers the metrics of jobs.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		took: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "job_refresh_duration_seconds", Help: "Duration of the runs of periodic jobs, all tries of one together.",
			Buckets: prometheus.ExponentialBuckets(0.005, 4, 8),
		}, []string{"job", "kind"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "job_refresh_total", Help: "Runs of periodic jobs by result: ok, error, or skipped since another process has done it.",
		}, []string{"job", "kind", "result"}),
		last: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "job_last_success_timestamp_seconds", Help: "When this process last ran the job with success, Unix time.",
		}, []string{"job"}),
		dead: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "job_dead_total", Help: "Runs of named jobs that failed in their last try as well.",
		}, []string{"job"}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "job_dead_letters_lost_total", Help: "Such runs of which the dead-letter topic could not be told.",
		}, []string{"job"}),
		refused: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "job_config_refused", Help: "1 while the configuration on disk does not hold and the jobs of before go on.",
		}),
	}
	r.MustRegister(m.took, m.runs, m.last, m.dead, m.lost, m.refused)
	return m
}

// known begins the counters of a job with 0: a rise from nothing is none to Prometheus.
func (m *Metrics) known(j Job) {
	if m == nil {
		return
	}
	for _, r := range []Result{OK, Failed, Skipped} {
		m.runs.WithLabelValues(j.Name, j.Kind, string(r))
	}
	if !j.Own {
		m.dead.WithLabelValues(j.Name)
		m.lost.WithLabelValues(j.Name)
	}
}

// gone ends what would tell of a job that is no more as if it stood still.
func (m *Metrics) gone(job string) {
	if m != nil {
		m.last.DeleteLabelValues(job)
	}
}

func (m *Metrics) ran(j Job, end time.Time, took time.Duration, result Result) {
	if m == nil {
		return
	}
	m.runs.WithLabelValues(j.Name, j.Kind, string(result)).Inc()
	if result == Skipped {
		return
	}
	m.took.WithLabelValues(j.Name, j.Kind).Observe(took.Seconds())
	if result == OK {
		m.last.WithLabelValues(j.Name).Set(float64(end.UnixMilli()) / 1000)
	}
}

func (m *Metrics) died(job string, told bool) {
	if m == nil {
		return
	}
	m.dead.WithLabelValues(job).Inc()
	if !told {
		m.lost.WithLabelValues(job).Inc()
	}
}

func (m *Metrics) read(refused bool) {
	if m == nil {
		return
	}
	m.refused.Set(0)
	if refused {
		m.refused.Set(1)
	}
}
