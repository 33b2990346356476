package cache

import "github.com/prometheus/client_golang/prometheus"

// Metrics says whether Redis takes what is written. A nil *Metrics counts nothing.
type Metrics struct {
	writes *prometheus.CounterVec
	up     prometheus.Gauge
}

// NewMetrics registers the metrics of a writer.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_cache_writes_total", Help: "Writes to Redis, by result.",
		}, []string{"result"}),
		up: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nova_cache_up", Help: "Whether the latest write to Redis went through.",
		}),
	}
	registry.MustRegister(m.writes, m.up)
	return m
}

func (m *Metrics) wrote(err error) {
	switch {
	case m == nil:
	case err != nil:
		m.writes.WithLabelValues("failed").Inc()
		m.up.Set(0)
	default:
		m.writes.WithLabelValues("ok").Inc()
		m.up.Set(1)
	}
}
