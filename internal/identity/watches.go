package identity

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// watches are the streams that end with their token.
type watches struct {
	metrics *Metrics
	mu      sync.Mutex
	byID    map[string]map[*watch]struct{} // by the ids of revocations that can end them
}

// watch is one of them.
type watch struct {
	claims *claims
	ended  chan struct{}
	once   sync.Once
	timer  *time.Timer
}

func newWatches(metrics *Metrics) watches {
	return watches{metrics: metrics, byID: map[string]map[*watch]struct{}{}}
}

// add begins to watch; the watch ends after left at the latest.
func (s *watches) add(c *claims, left time.Duration) *watch {
	w := &watch{claims: c, ended: make(chan struct{})}
	w.timer = time.AfterFunc(left, w.end)
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range w.ids() {
		if s.byID[id] == nil {
			s.byID[id] = map[*watch]struct{}{}
		}
		s.byID[id][w] = struct{}{}
	}
	s.metrics.watch(1)
	return w
}

func (s *watches) remove(w *watch) {
	w.timer.Stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.byID[w.claims.ID][w]; !there {
		return
	}
	for _, id := range w.ids() {
		delete(s.byID[id], w)
		if len(s.byID[id]) == 0 {
			delete(s.byID, id)
		}
	}
	s.metrics.watch(-1)
}

// of returns the watches that a revocation under id may end.
func (s *watches) of(id string) []*watch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.byID[id]))
}

func (w *watch) ids() [2]string { return [2]string{w.claims.ID, userPrefix + w.claims.Subject} }

func (w *watch) end() { w.once.Do(func() { close(w.ended) }) }
