package feed

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/domain/homefeed"
)

// Metrics are the numbers of feeds. A nil *Metrics counts nothing.
type Metrics struct {
	candidates *prometheus.CounterVec
	away       *prometheus.CounterVec
	dropped    prometheus.Counter
}

// What Redis is asked for beside pages.
const (
	ofSeen      = "seen"
	ofSnapshots = "snapshots"
)

// NewMetrics registers the metrics of feeds.
func NewMetrics(r prometheus.Registerer) *Metrics {
	m := &Metrics{
		candidates: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_feed_candidates_total", Help: "Candidates of feeds that were made, by what became of them: ranked, repeated, own, seen, hidden, future, or cut.",
		}, []string{"fate"}),
		away: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "nova_feed_redis_away_total", Help: "Times that Redis did not answer, by what it was asked for: seen or snapshots. Feeds go on without.",
		}, []string{"asked"}),
		dropped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "nova_feed_dropped_total", Help: "Posts left out of a page as it was read: hidden since the page was made, or of an author who is no longer followed.",
		}),
	}
	r.MustRegister(m.candidates, m.away, m.dropped)
	return m
}

func (m *Metrics) ranked(f homefeed.FeedMetrics) {
	if m == nil {
		return
	}
	for fate, n := range map[string]int{
		"ranked": f.Ranked, "repeated": f.Repeated, "own": f.Own, "seen": f.Seen, "hidden": f.Hidden, "future": f.Future, "cut": f.Cut,
	} {
		m.candidates.WithLabelValues(fate).Add(float64(n))
	}
}

func (m *Metrics) asked(what string, err error) {
	if m != nil && err != nil {
		m.away.WithLabelValues(what).Inc()
	}
}

func (m *Metrics) shown(items, of int) {
	if m != nil {
		m.dropped.Add(float64(of - items))
	}
}

// Register registers how much the index holds.
func (x *Reactions) Register(r prometheus.Registerer) {
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "nova_feed_reactions", Help: "Readers' reactions to posts, within the affinity window as they came.",
	}, func() float64 {
		x.mu.RLock()
		defer x.mu.RUnlock()
		n := 0
		for _, posts := range x.readers {
			n += len(posts)
		}
		return float64(n)
	}))
}
