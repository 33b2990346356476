package identity

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/api"
)

// Metrics says how tokens fare and how old the keys are. A nil *Metrics counts nothing.
type Metrics struct {
	tokens  *prometheus.CounterVec
	fetches *prometheus.CounterVec
	keys    prometheus.Gauge
	fetched prometheus.Gauge
	watches prometheus.Gauge
}

// NewMetrics registers the metrics.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	m := &Metrics{
		tokens: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_identity_tokens_total", Help: "Tokens by result: good, bad, revoked, or away while keys or revocations are not at hand.",
		}, []string{"result"}),
		fetches: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_identity_fetches_total", Help: "Fetches of the provider's keys, by result.",
		}, []string{"result"}),
		keys: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nova_identity_keys", Help: "Keys of the provider that are held, those that it no longer publishes included.",
		}),
		fetched: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nova_identity_keys_fetched_timestamp_seconds", Help: "When the provider's keys were last fetched, Unix s.",
		}),
		watches: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "nova_identity_streams", Help: "Open streams that end with their token.",
		}),
	}
	for _, result := range []string{"good", "bad", "revoked", "away"} {
		m.tokens.WithLabelValues(result)
	}
	for _, result := range []string{"ok", "failed"} {
		m.fetches.WithLabelValues(result)
	}
	registry.MustRegister(m.tokens, m.fetches, m.keys, m.fetched, m.watches)
	return m
}

func (m *Metrics) token(err error) {
	if m == nil {
		return
	}
	result := "away"
	switch {
	case err == nil:
		result = "good"
	case errors.Is(err, api.ErrBadToken):
		result = "bad"
	case errors.Is(err, api.ErrRevoked):
		result = "revoked"
	}
	m.tokens.WithLabelValues(result).Inc()
}

func (m *Metrics) fetch(err error, keys int, fetched time.Time) {
	switch {
	case m == nil:
	case err != nil:
		m.fetches.WithLabelValues("failed").Inc()
	default:
		m.fetches.WithLabelValues("ok").Inc()
		m.keys.Set(float64(keys))
		m.fetched.Set(float64(fetched.Unix()))
	}
}

func (m *Metrics) watch(change float64) {
	if m != nil {
		m.watches.Add(change)
	}
}
