package trending

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics says how much is ranked and what it costs. A nil *Metrics counts nothing.
type Metrics struct {
	posts prometheus.Gauge
	sort  prometheus.Histogram
}

// NewMetrics registers the metrics of a board.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		posts: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nova_trending_posts", Help: "Posts with something in the trending window.",
		}),
		sort: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nova_trending_sort_seconds", Help: "Time to sort the trending list.",
			Buckets: prometheus.ExponentialBuckets(0.000_05, 4, 8),
		}),
	}
	registry.MustRegister(m.posts, m.sort)
	return m
}

func (m *Metrics) sorted(took time.Duration, posts int) {
	if m == nil {
		return
	}
	m.posts.Set(float64(posts))
	m.sort.Observe(took.Seconds())
}
