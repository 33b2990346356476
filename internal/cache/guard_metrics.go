package cache

import "github.com/prometheus/client_golang/prometheus"

// GuardMetrics say whether a guard lets questions through. A nil *GuardMetrics says nothing.
type GuardMetrics struct{ open prometheus.Gauge }

// NewGuardMetrics registers the metrics of a guard.
func NewGuardMetrics(r prometheus.Registerer) *GuardMetrics {
	m := &GuardMetrics{prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "nova_feed_redis_open", Help: "1 while the circuit breaker is open: Redis does not answer, and feeds do not ask it.",
	})}
	r.MustRegister(m.open)
	return m
}

func (m *GuardMetrics) shut(is bool) {
	switch {
	case m == nil:
	case is:
		m.open.Set(1)
	default:
		m.open.Set(0)
	}
}
