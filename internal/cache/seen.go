package cache

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Seen keeps which posts readers have seen lately, under feed:seen:{user_id}: a set of post ids, which is gone when the
// reader has seen nothing for its life. Telling it again changes nothing. When a set has more posts than it may, any of them
// make room: showing a post again is the lesser evil.
type Seen struct {
	connection
	ttl  time.Duration
	most int64
}

// View is a post that a reader has seen.
type View struct{ UserID, PostID string }

// What a reader's set may be.
const (
	seenTTL  = 7 * 24 * time.Hour
	seenMost = 20_000 // posts, of some 40 bytes
)

// NewSeen returns sets that connect when they are first used.
func NewSeen(cfg Config) (*Seen, error) {
	connection, err := cfg.connect(readers)
	if err != nil {
		return nil, err
	}
	return &Seen{connection, seenTTL, seenMost}, nil
}

// SeenKey is where the posts that a reader has seen lie in Redis.
func SeenKey(userID string) string { return "feed:seen:" + userID }

// Add notes what readers have seen, in one exchange. If it fails some may be noted: all may be told again.
func (s *Seen) Add(ctx context.Context, views []View) error {
	byUser := map[string][]any{}
	for _, v := range views {
		byUser[v.UserID] = append(byUser[v.UserID], v.PostID)
	}
	sizes := map[string]*redis.IntCmd{}
	_, err := s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for user, posts := range byUser {
			key := SeenKey(user)
			p.SAdd(ctx, key, posts...)
			p.PExpire(ctx, key, s.ttl)
			sizes[key] = p.SCard(ctx, key)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("noting what was seen: %w", err)
	}
	_, err = s.client.Pipelined(ctx, func(p redis.Pipeliner) error {
		for key, size := range sizes {
			if over := size.Val() - s.most; over > 0 {
				p.SPopN(ctx, key, over)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("making room for what was seen: %w", err)
	}
	return nil
}

// Of returns the posts that a reader has seen.
func (s *Seen) Of(ctx context.Context, userID string) (map[string]bool, error) {
	posts, err := s.client.SMembers(ctx, SeenKey(userID)).Result()
	if err != nil {
		return nil, fmt.Errorf("reading what was seen: %w", err)
	}
	seen := make(map[string]bool, len(posts))
	for _, p := range posts {
		seen[p] = true
	}
	return seen, nil
}
