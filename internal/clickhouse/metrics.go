package clickhouse

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/commits"
)

// Metrics are the numbers of a sink. A nil *Metrics counts nothing.
type Metrics struct {
	records  *prometheus.CounterVec
	batches  prometheus.Counter
	inserts  *prometheus.HistogramVec
	retries  prometheus.Counter
	refusals prometheus.Counter
	halvings prometheus.Counter
	attempts prometheus.Counter
}

// NewMetrics registers the metrics of the sink.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_sink_records_total", Help: "Records of its topic committed by the sink, by what became of them: row, replay or dead.",
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
		halvings: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_sink_halvings_total", Help: "Inserts that ClickHouse refused and that were split to find the bad row.",
		}),
		attempts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_sink_attempts_total", Help: "Inserts sent under a fresh token, because a server that was killed knew the old one and had no rows.",
		}),
	}
	r.MustRegister(m.records, m.batches, m.inserts, m.retries, m.refusals, m.halvings, m.attempts)
	return m
}

func (m *Metrics) wrote(b *batch) {
	if m == nil {
		return
	}
	m.batches.Inc()
	m.records.WithLabelValues("row").Add(float64(len(b.rows) - b.refused))
	m.records.WithLabelValues("replay").Add(float64(b.replays))
	m.records.WithLabelValues("dead").Add(float64(len(b.dead) + b.refused))
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
	if m != nil && errors.Is(err, commits.ErrRefused) {
		m.refusals.Inc()
	}
}

func (m *Metrics) halved() {
	if m != nil {
		m.halvings.Inc()
	}
}

func (m *Metrics) attempted() {
	if m != nil {
		m.attempts.Inc()
	}
}

// CallMetrics are the numbers of the calls of all clients. A nil *CallMetrics counts nothing.
type CallMetrics struct {
	duration *prometheus.HistogramVec
	errors   *prometheus.CounterVec
	breakers *prometheus.GaugeVec
}

// NewCallMetrics registers the metrics of clients.
func NewCallMetrics(r prometheus.Registerer) *CallMetrics {
	m := &CallMetrics{
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "clickhouse_query_duration", Help: "Duration of calls to ClickHouse, seconds, by client, query and result: ok or error. Calls the breaker refused are not in it.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 17),
		}, []string{"client", "query", "result"}),
		errors: prometheus.NewCounterVec(prometheus.CounterOpts{ //nolint:promlinter // the name is part of what was promised
			Name: "clickhouse_query_errors", Help: "Failed calls to ClickHouse, by client and kind of error.",
		}, []string{"client", "kind"}),
		breakers: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clickhouse_breaker_state", Help: "State of a client's circuit breaker: 0 closed, 1 half-open, 2 open.",
		}, []string{"client"}),
	}
	r.MustRegister(m.duration, m.errors, m.breakers)
	return m
}

func (m *CallMetrics) called(client, query string, took time.Duration, kind ErrorKind) {
	if m == nil {
		return
	}
	result := "ok"
	if kind != KindNone {
		result = "error"
		m.errors.WithLabelValues(client, string(kind)).Inc()
	}
	if kind != KindBreakerOpen {
		m.duration.WithLabelValues(client, query, result).Observe(took.Seconds())
	}
}

func (m *CallMetrics) breaker(client, state string) {
	if m == nil {
		return
	}
	m.breakers.WithLabelValues(client).Set(map[string]float64{BreakerClosed: 0, BreakerHalfOpen: 1, BreakerOpen: 2}[state])
}
