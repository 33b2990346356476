package streams

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/schemas"
)

// Metrics are the layer's counters. A nil *Metrics counts nothing.
type Metrics struct {
	inputs   *prometheus.CounterVec
	rebuilds *prometheus.CounterVec
	epochs   *prometheus.CounterVec
	rows     *prometheus.CounterVec
}

// NewMetrics registers the counters.
func NewMetrics(reg prometheus.Registerer) *Metrics {
	m := &Metrics{
		inputs:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nova_stream_inputs_total", Help: "Input records handled by this process, by outcome; repeats after a crash included."}, []string{"group", "outcome"}),
		rebuilds: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nova_stream_rebuilds_total", Help: "Processors built anew after an error."}, []string{"group"}),
		epochs:   prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nova_stream_epochs_total", Help: "Epochs closed."}, []string{"group"}),
		rows:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "nova_stream_rows_total", Help: "Changelog records sent."}, []string{"group"}),
	}
	reg.MustRegister(m.inputs, m.rebuilds, m.epochs, m.rows)
	return m
}

// taskMetrics are the counters of one group, looked up once.
type taskMetrics struct {
	outcomes [schemas.Late + 1]prometheus.Counter
	epochs   prometheus.Counter
	rows     prometheus.Counter
}

func (m *Metrics) task(group string) *taskMetrics {
	if m == nil {
		return nil
	}
	t := &taskMetrics{epochs: m.epochs.WithLabelValues(group), rows: m.rows.WithLabelValues(group)}
	for o := range t.outcomes {
		t.outcomes[o] = m.inputs.WithLabelValues(group, schemas.Outcome(o).String())
	}
	return t
}

func (t *taskMetrics) input(o schemas.Outcome) {
	if t != nil {
		t.outcomes[o].Inc()
	}
}

func (t *taskMetrics) epoch(rows int) {
	if t != nil {
		t.epochs.Inc()
		t.rows.Add(float64(rows))
	}
}

func (m *Metrics) rebuilt(group string) {
	if m != nil {
		m.rebuilds.WithLabelValues(group).Inc()
	}
}
