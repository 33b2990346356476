package transactions

import "github.com/prometheus/client_golang/prometheus"

// Metrics count transactions. A nil *Metrics counts nothing.
type Metrics struct{ transactions *prometheus.CounterVec }

// NewMetrics registers the counter.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{transactions: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "cdc_transactions_total", Help: "Transactions of the database by result: completed, incomplete for too long, or late: completed after that. Repeats after a crash included.",
	}, []string{"result"})}
	registry.MustRegister(m.transactions)
	for _, result := range []string{"completed", "incomplete", "late"} { // an alarm compares them
		m.transactions.WithLabelValues(result)
	}
	return m
}

func (m *Metrics) completed(late bool) {
	switch {
	case m == nil:
	case late:
		m.transactions.WithLabelValues("late").Inc()
	default:
		m.transactions.WithLabelValues("completed").Inc()
	}
}

func (m *Metrics) incomplete() {
	if m != nil {
		m.transactions.WithLabelValues("incomplete").Inc()
	}
}
