package consume

import "github.com/prometheus/client_golang/prometheus"

// Metrics are the numbers of all consumers. A nil *Metrics counts nothing.
type Metrics struct {
	records  *prometheus.CounterVec
	batches  *prometheus.CounterVec
	failures *prometheus.CounterVec
}

// NewMetrics registers the metrics of consumers.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_consumer_records_total", Help: "Records of its topic committed by a consumer, by what became of them: applied, skipped or dead.",
		}, []string{"group", "outcome"}),
		batches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_consumer_batches_total", Help: "Batches committed by a consumer.",
		}, []string{"group"}),
		failures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_consumer_failures_total", Help: "Batches of a consumer, and their dead letters, that had to be tried again.",
		}, []string{"group"}),
	}
	r.MustRegister(m.records, m.batches, m.failures)
	return m
}

// groupMetrics are those of one group.
type groupMetrics struct{ applied, skipped, dead, batches, failures prometheus.Counter }

func (m *Metrics) group(name string) *groupMetrics {
	if m == nil {
		return nil
	}
	return &groupMetrics{
		m.records.WithLabelValues(name, "applied"), m.records.WithLabelValues(name, "skipped"), m.records.WithLabelValues(name, "dead"),
		m.batches.WithLabelValues(name), m.failures.WithLabelValues(name),
	}
}

func (m *groupMetrics) committed(b *batch) {
	if m == nil {
		return
	}
	m.batches.Inc()
	m.applied.Add(float64(len(b.records)))
	m.skipped.Add(float64(b.skipped))
	m.dead.Add(float64(len(b.dead)))
}

func (m *groupMetrics) failed() {
	if m != nil {
		m.failures.Inc()
	}
}
