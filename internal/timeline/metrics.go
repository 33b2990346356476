package timeline

import "github.com/prometheus/client_golang/prometheus"

// Register registers how much the index holds.
func (x *Index) Register(registry prometheus.Registerer) {
	for _, g := range []struct {
		name, help string
		value      func() int
	}{
		{"nova_timeline_posts", "Posts of the database, hidden ones included.", func() int { return len(x.posts) }},
		{"nova_timeline_users", "Users of the database.", func() int { return x.known }},
		{"nova_timeline_follows", "Active follows of the database.", func() int { return len(x.edges) }},
	} {
		registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: g.name, Help: g.help}, func() float64 {
			x.mu.RLock()
			defer x.mu.RUnlock()
			return float64(g.value())
		}))
	}
}
