package jobs

import (
	"context"
	"reflect"
	"time"
)

// WatchEvery is how often the configuration is read. What it says counts when it was read twice: half a file that is being
// written may well be one that holds.
const WatchEvery = 2 * time.Second

// Watch reads the named jobs again and again and applies what has changed, until ctx ends. What cannot be read or breaks a
// rule is refused as a whole, and the jobs of before go on.
func (s *Scheduler) Watch(ctx context.Context, read func() (Specs, error)) error {
	ticker := time.NewTicker(WatchEvery)
	defer ticker.Stop()
	var w watched
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			s.look(ctx, &w, read)
		}
	}
}

// watched is what was read last.
type watched struct {
	any     bool
	specs   Specs
	err     string // "" for none
	settled bool   // it was seen twice, and heeded
	refused bool
}

func (s *Scheduler) look(ctx context.Context, w *watched, read func() (Specs, error)) {
	specs, err := read()
	text := ""
	if err != nil {
		specs, text = nil, err.Error()
	}
	if !w.any || text != w.err || !reflect.DeepEqual(specs, w.specs) {
		w.any, w.specs, w.err, w.settled = true, specs, text, false
		return
	}
	if w.settled {
		return
	}
	w.settled = true
	if err == nil {
		err = s.Apply(specs)
	}
	switch {
	case err != nil:
		s.deps.Log.ErrorContext(ctx, "the configuration on disk is refused; the jobs of before go on", "err", err)
	case w.refused:
		s.deps.Log.InfoContext(ctx, "the configuration on disk holds again")
	}
	w.refused = err != nil
	s.deps.Metrics.read(w.refused)
}
