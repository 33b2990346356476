// Package suggestions answers whom a user may want to follow, in the form in which all readers get it: those of the API, and
// those of the key in Redis.
//
// It counts nothing itself: package graph does. An answer is as current as the graph, which is refused until it has been
// read whole.
package suggestions

import (
	"errors"
	"fmt"

	"github.com/nova-social/nova-streams/internal/graph"
	"github.com/nova-social/nova-streams/internal/trending"
)

// What Page fails with.
var (
	ErrNotReady    = errors.New("suggestions: who follows whom is still being read")
	ErrUnknownUser = errors.New("suggestions: nothing is known of this user")
)

// Config says how many users are suggested.
type Config struct {
	Limit int // where the reader does not say, and in Redis
}

// DefaultConfig suggests 20.
func DefaultConfig() Config { return Config{Limit: 20} }

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	if c.Limit < 1 || c.Limit > graph.MaxLimit {
		return fmt.Errorf("suggestions: limit must be within 1 and %d, is %d", graph.MaxLimit, c.Limit)
	}
	return nil
}

// Suggestions is an answer.
type Suggestions struct {
	AsOf  string       `json:"as_of" format:"date-time" doc:"When it was counted, RFC 3339, UTC, milliseconds; it knows every follow and unfollow that had reached this process"`
	Items []Suggestion `json:"items" nullable:"false" doc:"By mutual_count, then by id"`
}

// Suggestion is a user to follow.
type Suggestion struct {
	UserID      string   `json:"user_id"`
	MutualCount int      `json:"mutual_count" minimum:"1" doc:"How many of the users whom the reader follows follow this one"`
	Via         []string `json:"via" nullable:"false" maxItems:"3" doc:"The first of them by id, up to 3"`
}

// Users is what is known of users beside whom they follow.
type Users interface {
	// Known reports whether anything is known of a user, and whether it is that the user is deleted.
	Known(userID string) (known, gone bool)
}

// Source answers from a graph.
type Source struct {
	cfg   Config
	graph *graph.Graph
	users Users
	ready func() bool // whether the graph and the users have been read whole
}

// New returns a source.
func New(cfg Config, g *graph.Graph, users Users, ready func() bool) *Source {
	return &Source{cfg, g, users, ready}
}

// Ready reports whether Page can answer.
func (s *Source) Ready() bool { return s.ready() }

// Page returns at most limit users for a reader to follow, as of now (Unix ms); 0 is the configured number. It fails with
// ErrNotReady or ErrUnknownUser.
func (s *Source) Page(userID string, limit int, now int64) (Suggestions, error) {
	if !s.ready() {
		return Suggestions{}, ErrNotReady
	}
	if known, gone := s.users.Known(userID); gone || !known && !s.graph.Knows(userID) {
		return Suggestions{}, ErrUnknownUser
	}
	if limit == 0 {
		limit = s.cfg.Limit
	}
	found := s.graph.Suggest(userID, limit)
	page := Suggestions{AsOf: trending.FormatTime(now), Items: make([]Suggestion, len(found))}
	for i, f := range found {
		page.Items[i] = Suggestion{f.UserID, f.MutualCount, f.Via}
	}
	return page, nil
}
