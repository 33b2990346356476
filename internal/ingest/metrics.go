package ingest

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the numbers of a sender. A nil *Metrics counts nothing.
type Metrics struct {
	events *prometheus.CounterVec
	queued prometheus.Gauge
	acks   prometheus.Histogram
}

// NewMetrics registers the metrics of a sender.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_ingest_events_total", Help: "Events given to Kafka over HTTP, by result: accepted or unavailable.",
		}, []string{"result"}),
		queued: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nova_ingest_queue_events", Help: "Events that wait for Kafka's acknowledgement.",
		}),
		acks: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "nova_ingest_ack_seconds", Help: "From a request's events being given to the queue to Kafka's acknowledgement of the last.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
	}
	m.events.WithLabelValues("accepted")
	m.events.WithLabelValues("unavailable")
	r.MustRegister(m.events, m.queued, m.acks)
	return m
}

func (m *Metrics) sent(events int, took time.Duration, err error) {
	switch {
	case m == nil:
	case err != nil:
		m.events.WithLabelValues("unavailable").Add(float64(events))
	default:
		m.events.WithLabelValues("accepted").Add(float64(events))
		m.acks.Observe(took.Seconds())
	}
}

func (m *Metrics) waiting(change int) {
	if m != nil {
		m.queued.Add(float64(change))
	}
}
