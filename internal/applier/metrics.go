package applier

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/schemas"
)

// Metrics are the numbers of the applier. A nil *Metrics counts nothing.
type Metrics struct {
	messages  *prometheus.CounterVec
	coalesced prometheus.Counter
	removed   prometheus.Counter
	lag       *prometheus.HistogramVec
}

// NewMetrics registers the metrics of the applier.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		messages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "cache_invalidations_applied_total", Help: "Messages whose removal Redis has taken, by what is old and why; again those applied again after a failure.",
		}, []string{"scope", "reason"}),
		coalesced: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cache_invalidations_coalesced_total", Help: "Messages applied together with a later one of the same thing and table, so that they needed no removal of their own.",
		}),
		removed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "cache_invalidation_pages_removed_total", Help: "Pages removed, among them some that had ended by themselves.",
		}),
		lag: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "cache_invalidation_lag_seconds", Help: "Time from a change to the removal of what was made of it before, by why. For score it is that since the latest event of the post, which its producer may have sent late.",
			Buckets: append(prometheus.LinearBuckets(0.05, 0.05, 10), 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60, 300, 1800), // fine where it should be
		}, []string{"reason"}),
	}
	r.MustRegister(m.messages, m.coalesced, m.removed, m.lag)
	return m
}

// applied counts messages that led to so many changes.
func (m *Metrics) applied(messages []*schemas.CacheInvalidation, changes, removed int, now time.Time) {
	if m == nil {
		return
	}
	for _, i := range messages {
		m.messages.WithLabelValues(string(i.Scope), string(i.Reason)).Inc()
		m.lag.WithLabelValues(string(i.Reason)).Observe(max(0, now.Sub(time.UnixMilli(i.EventTime)).Seconds()))
	}
	m.coalesced.Add(float64(len(messages) - changes))
	m.removed.Add(float64(removed))
}
