package refresh

import "github.com/prometheus/client_golang/prometheus"

// Metrics say how old views are. A nil *Metrics counts nothing.
type Metrics struct{ age *prometheus.GaugeVec }

// NewMetrics registers the metrics of refreshes.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{age: prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "job_view_age_seconds", Help: "How far a materialized view lags, or how old the newest change of a mirror is, when a view_freshness job last looked.",
	}, []string{"view"})}
	r.MustRegister(m.age)
	return m
}

func (m *Metrics) aged(ages []viewAge) {
	if m == nil {
		return
	}
	for _, a := range ages {
		m.age.WithLabelValues(a.Name).Set(a.Age)
	}
}
