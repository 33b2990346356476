package cache

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/trending"
)

// Suggester answers whom a user may want to follow. *suggestions.Source is one.
type Suggester interface {
	// Page fails while it cannot know.
	Page(userID string, limit int, now int64) (suggestions.Suggestions, error)
	// Ready reports whether it can know.
	Ready() bool
}

// Bounds of what waits for Redis.
const (
	maxTouched = 1 << 20 // users; beyond, all keys are removed
	maxAsked   = 1 << 10 // users; beyond, answers are not kept
	maxFresh   = 1 << 17 // users; beyond, what lies in Redis is written anew
	chunk      = 500     // keys of one pipeline
)

// Suggestions keeps answers in Redis. Answers and removals go through one goroutine, and an answer is counted anew there:
// so a change that comes after the counting removes the key after it was written, and one that came before is counted.
type Suggestions struct {
	cfg    Config
	source Suggester
	connection
	outage

	mu      sync.Mutex
	touched map[string]struct{}  // users whose keys are to be removed
	all     bool                 // every key is
	asked   map[string]struct{}  // users whose answers are to be written
	fresh   map[string]time.Time // when an answer was written that nothing has touched since
	wake    chan struct{}
}

// NewSuggestions returns a writer that connects when it first writes. metrics may be nil.
func NewSuggestions(cfg Config, source Suggester, metrics *Metrics, log *slog.Logger) (*Suggestions, error) {
	connection, err := cfg.connect(writer)
	if err != nil {
		return nil, err
	}
	return &Suggestions{
		cfg: cfg, source: source, connection: connection, outage: outage{cfg.address(), 0, metrics, log},
		touched: map[string]struct{}{}, asked: map[string]struct{}{}, fresh: map[string]time.Time{},
		all:  true, // what an earlier process has written, nobody may have looked after since
		wake: make(chan struct{}, 1),
	}, nil
}

const suggestionsPrefix = "nova:cache:suggested_users:"

// SuggestionsKey is where the suggestions for a user lie in Redis.
func SuggestionsKey(userID string) string { return suggestionsPrefix + userID }

// Asked says that somebody has read the suggestions for a user. It does not block.
func (s *Suggestions) Asked(userID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, fresh := s.fresh[userID]; fresh && time.Since(at) < s.cfg.SuggestionsTTL/2 || len(s.asked) >= maxAsked {
		return
	}
	s.asked[userID] = struct{}{}
	s.signal()
}

// Touched says that the suggestions for some users may be others now. It does not block.
func (s *Suggestions) Touched(userIDs []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.touched)+len(userIDs) > maxTouched {
		s.touchAll()
		return
	}
	for _, id := range userIDs {
		s.touched[id] = struct{}{}
		delete(s.fresh, id)
	}
	s.signal()
}

// TouchedAll says that the suggestions for anybody may be others now. It does not block.
func (s *Suggestions) TouchedAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.touchAll()
}

func (s *Suggestions) touchAll() {
	s.all = true
	clear(s.touched)
	clear(s.fresh)
	s.signal()
}

func (s *Suggestions) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run writes and removes until ctx ends, and returns nil. It does not fail when Redis does.
func (s *Suggestions) Run(ctx context.Context) error {
	again := time.NewTicker(s.cfg.Retry)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-again.C:
		}
		for s.source.Ready() && ctx.Err() == nil {
			did, err := s.step(ctx)
			if err != nil && ctx.Err() != nil {
				return nil // told to stop: not Redis's fault
			}
			if did || err != nil {
				s.note(ctx, err)
			}
			if !did || err != nil {
				break
			}
		}
	}
}

// step does one thing that waits, removals first, and reports whether there was one.
func (s *Suggestions) step(ctx context.Context) (did bool, err error) {
	s.mu.Lock()
	all, touched, asked := s.all, take(s.touched, chunk), []string(nil)
	if !all && len(touched) == 0 {
		asked = take(s.asked, chunk)
		if len(s.fresh)+len(asked) > maxFresh {
			clear(s.fresh)
		}
		for _, id := range asked { // before it is counted: what touches it from now on takes this back
			s.fresh[id] = time.Now()
		}
	}
	s.all = false
	s.mu.Unlock()

	switch {
	case all:
		if err = s.removeAll(ctx); err != nil {
			s.mu.Lock()
			s.all = true
			s.mu.Unlock()
		}
	case len(touched) > 0:
		if err = s.remove(ctx, touched); err != nil {
			s.Touched(touched)
		}
	case len(asked) > 0:
		err = s.write(ctx, asked)
	default:
		return false, nil
	}
	if err != nil { // it may come back empty
		s.mu.Lock()
		clear(s.fresh)
		s.mu.Unlock()
	}
	return true, err
}

// take takes up to n out of a set.
func take(set map[string]struct{}, n int) []string {
	var taken []string
	for id := range set {
		if len(taken) == n {
			break
		}
		taken = append(taken, id)
		delete(set, id)
	}
	return taken
}

func (s *Suggestions) remove(ctx context.Context, userIDs []string) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	keys := make([]string, len(userIDs))
	for i, id := range userIDs {
		keys[i] = SuggestionsKey(id)
	}
	if err := s.client.Unlink(ctx, keys...).Err(); err != nil {
		return fmt.Errorf("removing suggestions: %w", err)
	}
	return nil
}

// removeAll goes through the keys. One that is written meanwhile it may miss: whoever writes looks after it.
func (s *Suggestions) removeAll(ctx context.Context) error {
	for cursor := uint64(0); ; {
		page, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
		keys, next, err := s.client.Scan(page, cursor, suggestionsPrefix+"*", 100).Result()
		if err == nil && len(keys) > 0 {
			err = s.client.Unlink(page, keys...).Err()
		}
		cancel()
		if err != nil {
			return fmt.Errorf("removing all suggestions: %w", err)
		}
		if cursor = next; cursor == 0 {
			return nil
		}
	}
}

func (s *Suggestions) write(ctx context.Context, userIDs []string) error {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, id := range userIDs {
			page, err := s.source.Page(id, 0, time.Now().UnixMilli())
			if err != nil { // whom nobody knows any more has no suggestions
				continue
			}
			var text bytes.Buffer
			if err := trending.Encode(&text, page); err != nil {
				return err
			}
			p.Set(ctx, SuggestionsKey(id), text.Bytes(), s.cfg.SuggestionsTTL)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("writing suggestions: %w", err)
	}
	return nil
}
