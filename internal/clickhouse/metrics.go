package clickhouse

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics are the numbers of a sink. A nil *Metrics counts nothing.
type Metrics struct {
	records  *prometheus.CounterVec
	batches  prometheus.Counter
	inserts  *prometheus.HistogramVec
	retries  prometheus.Counter
	refusals prometheus.Counter
}

// NewMetrics registers the metrics of the sink.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_sink_records_total", Help: "Records of enriched-events committed by the sink, by what became of them: row, replay or dead.",
		}, []string{"outcome"}),
		batches: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_sink_batches_total", Help: "Batches committed by the sink.",
		}),
		inserts: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "nova_sink_insert_seconds", Help: "Duration of inserts into ClickHouse, by result: ok or error.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 14),
		}, []string{"result"}),
		retries: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_sink_retries_total", Help: "Steps of a batch (insert, dead letters) that had to be tried again.",
		}),
		refusals: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_sink_announcements_refused_total", Help: "Announcements the group coordinator refused: nothing was inserted.",
		}),
	}
	r.MustRegister(m.records, m.batches, m.inserts, m.retries, m.refusals)
	return m
}

func (m *Metrics) wrote(b *batch) {
	if m == nil {
		return
	}
	m.batches.Inc()
	m.records.WithLabelValues("row").Add(float64(len(b.rows)))
	m.records.WithLabelValues("replay").Add(float64(b.replays))
	m.records.WithLabelValues("dead").Add(float64(len(b.dead)))
}

func (m *Metrics) inserted(took time.Duration, err error) {
	if m == nil {
		return
	}
	result := "ok"
	if err != nil {
		result = "error"
	}
	m.inserts.WithLabelValues(result).Observe(took.Seconds())
}

func (m *Metrics) retried() {
	if m != nil {
		m.retries.Inc()
	}
}

func (m *Metrics) refused(err error) {
	if m != nil && errors.Is(err, errRefused) {
		m.refusals.Inc()
	}
}
