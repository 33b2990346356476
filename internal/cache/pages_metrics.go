package cache

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// PagesMetrics are the numbers of pages. A nil *PagesMetrics counts nothing.
type PagesMetrics struct {
	reads *prometheus.CounterVec
	makes *prometheus.CounterVec
	took  prometheus.Histogram
	bytes prometheus.Histogram
	parts prometheus.Histogram
	waits prometheus.Counter
}

// NewPagesMetrics registers the metrics of pages.
func NewPagesMetrics(r prometheus.Registerer) *PagesMetrics {
	m := &PagesMetrics{
		reads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_feed_cache_reads_total", Help: "Pages asked of Redis, by result: hit, miss, or away.",
		}, []string{"result"}),
		makes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_feed_cache_makes_total", Help: "Pages made, by what became of them: kept, outdated before they could be, or maybe (Redis had lost what says so), away, or once: made without all that it needs, such as what was seen.",
		}, []string{"result"}),
		took: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nova_feed_cache_make_seconds", Help: "How long a page took to make.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 12),
		}),
		bytes: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nova_feed_cache_page_bytes", Help: "Sizes of the pages that were kept, as they lie in Redis.", Buckets: prometheus.ExponentialBuckets(128, 2, 12),
		}),
		parts: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nova_feed_cache_page_parts", Help: "Posts, authors and users that a page which was kept was made of: it is in the index of each.", Buckets: prometheus.ExponentialBuckets(1, 2, 13),
		}),
		waits: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_feed_cache_impatient_total", Help: "Pages made here because another process that was to make them took too long.",
		}),
	}
	r.MustRegister(m.reads, m.makes, m.took, m.bytes, m.parts, m.waits)
	return m
}

func (m *PagesMetrics) asked(found *stored, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.reads.WithLabelValues("away").Inc()
	case found != nil:
		m.reads.WithLabelValues("hit").Inc()
	default:
		m.reads.WithLabelValues("miss").Inc()
	}
}

func (m *PagesMetrics) made(became string, took time.Duration) {
	if m != nil {
		m.took.Observe(took.Seconds())
		m.makes.WithLabelValues(became).Inc()
	}
}

func (m *PagesMetrics) stored(bytes, parts int) {
	if m != nil {
		m.bytes.Observe(float64(bytes))
		m.parts.Observe(float64(parts))
	}
}

func (m *PagesMetrics) impatient() {
	if m != nil {
		m.waits.Inc()
	}
}
