package cache

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Snapshots keeps the orders in which readers page their feeds, under feed:snapshot:{user_id}:{id}, compressed. One is gone
// when nobody has asked for it for its life, or the reader has too many that were asked for later: who asks for pages of many
// kinds does not fill Redis.
type Snapshots struct {
	connection
	ttl time.Duration
}

// NewSnapshots returns snapshots that connect when they are first used, and live for ttl.
func NewSnapshots(cfg Config, ttl time.Duration) (*Snapshots, error) {
	connection, err := cfg.connect(readers)
	if err != nil {
		return nil, err
	}
	return &Snapshots{connection, ttl}, nil
}

// maxSnapshots is how many a reader has at most.
const maxSnapshots = 32

// SnapshotKey is where a snapshot lies in Redis.
func SnapshotKey(userID, id string) string { return "feed:snapshot:" + userID + ":" + id }

func snapshotsKey(userID string) string { return "feed:snapshots:" + userID }

//go:embed snapshots_put.lua
var putSnapshotText string

//go:embed snapshots_get.lua
var getSnapshotText string

var putSnapshot, getSnapshot = redis.NewScript(putSnapshotText), redis.NewScript(getSnapshotText)

// Put keeps a snapshot.
func (s *Snapshots) Put(ctx context.Context, userID, id string, snapshot []byte) error {
	keys := []string{SnapshotKey(userID, id), snapshotsKey(userID)}
	if err := putSnapshot.Run(ctx, s.client, keys, snapshot, s.ttl.Milliseconds(), id, maxSnapshots, SnapshotKey(userID, "")).Err(); err != nil {
		return fmt.Errorf("keeping a snapshot: %w", err)
	}
	return nil
}

// Get returns a snapshot, nil for one that is not there, and lets it live on.
func (s *Snapshots) Get(ctx context.Context, userID, id string) ([]byte, error) {
	text, err := getSnapshot.Run(ctx, s.client, []string{SnapshotKey(userID, id), snapshotsKey(userID)}, s.ttl.Milliseconds(), id).Text()
	switch {
	case errors.Is(err, redis.Nil):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading a snapshot: %w", err)
	}
	return []byte(text), nil
}
