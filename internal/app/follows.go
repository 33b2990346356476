package app

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/graph"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/schemas"
)

// follows is who follows whom, from views of the application's follows and users, and what is suggested by it.
type follows struct {
	graph  *graph.Graph
	source *suggestions.Source
	redis  *cache.Suggestions
	now    func() time.Time
}

// newFollows adds the writer of suggestions to the program. A row of users comes to lists first: when its change removes
// answers, new ones know of it.
func (a *App) newFollows(lists *lists, metrics *cache.Metrics) (*follows, error) {
	f := &follows{graph: graph.New(), now: a.watermark.Now}
	f.source = suggestions.New(a.cfg.Suggestions, f.graph, lists, func() bool { return lists.follows.Recovered() && lists.users.Recovered() })
	var err error
	if f.redis, err = cache.NewSuggestions(a.cfg.Redis, f.source, metrics, a.log); err != nil {
		return nil, err
	}
	a.onClose(f.redis.Close)
	a.asked = f.redis.Asked
	a.add("redis suggestions", f.redis.Run)
	a.metrics.MustRegister(
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "nova_graph_users", Help: "Users of the follow graph."}, func() float64 {
			users, _ := f.graph.Size()
			return float64(users)
		}),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "nova_graph_edges", Help: "Follows in force, as the process that answers knows them."}, func() float64 {
			_, edges := f.graph.Size()
			return float64(edges)
		}),
	)
	lists.follows.listen(f.edge)
	lists.users.listen(f.user)
	return f, nil
}

// edge takes a row of follows. The removal is told after the graph has changed: see cache.Suggestions.
func (f *follows) edge(id string, row *schemas.EntityRow) {
	ids, ok := schemas.NaturalParts(id, 2)
	if !ok {
		return
	}
	if f.graph.Set(ids[0], ids[1], row != nil && schemas.FollowRow{EntityRow: row}.Active()) {
		f.changed(f.graph.Touched, ids[0])
	}
}

// user takes a row of users.
func (f *follows) user(id string, row *schemas.EntityRow) {
	if f.graph.SetGone(id, row != nil && schemas.UserRow{EntityRow: row}.Gone()) {
		f.changed(f.graph.TouchedByGoing, id)
	}
}

// changed has the answers that a change touches removed: all while the tables are read, since to list for each of their rows
// whom it touches takes several times as long as the reading.
func (f *follows) changed(touched func(id string) []string, id string) {
	if f.source.Ready() {
		f.redis.Touched(touched(id))
	} else {
		f.redis.TouchedAll()
	}
}

// Suggestions implements api.Suggestions. The default answer goes to Redis as well.
func (f *follows) Suggestions(userID string, limit int) (suggestions.Suggestions, error) {
	page, err := f.source.Page(userID, limit, f.now().UnixMilli())
	if err == nil && limit == 0 {
		f.redis.Asked(userID)
	}
	return page, err
}
