package views

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the numbers of the views. A nil *Metrics counts nothing.
type Metrics struct {
	duration  *prometheus.GaugeVec
	staleness *prometheus.GaugeVec
	added     *prometheus.CounterVec
}

// NewMetrics registers the metrics of the views.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		duration: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mv_refresh_duration", Help: "How long the last refresh of a view took that succeeded, seconds, by view; of views that are refreshed by the clock.",
		}, []string{"view"}),
		staleness: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mv_staleness", Help: "Seconds since the last refresh of a view, or by which the view is behind its source; it grows while ClickHouse cannot be asked.",
		}, []string{"view"}),
		added: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_view_repaired_rows_total", Help: "Hours or minutes of posts to which something was added that a view lacked after the server was killed, by view.",
		}, []string{"view"}),
	}
	r.MustRegister(m.duration, m.staleness, m.added)
	return m
}

// show sets what was checked that long ago.
func (m *Metrics) show(rows []Metadata, ago time.Duration) {
	if m == nil {
		return
	}
	for i := range rows {
		r := &rows[i]
		m.staleness.WithLabelValues(r.View).Set(float64(r.StalenessS) + ago.Seconds())
		if r.IntervalS > 0 {
			m.duration.WithLabelValues(r.View).Set(float64(r.DurationMS) / 1000)
		}
	}
}

func (m *Metrics) repaired(view string, rows int) {
	if m != nil {
		m.added.WithLabelValues(view).Add(float64(rows))
	}
}
