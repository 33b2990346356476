package feed

import (
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/internal/domain/homefeed"
)

// Config says what feeds are made of.
type Config struct {
	homefeed.Config

	Recent          int           // posts of those whom a reader follows that are considered, the newest
	RecentPerAuthor int           `koanf:"recent_per_author"` // of which so many of one author, at most
	AffinityWindow  time.Duration `koanf:"affinity_window"`   // for how long a reaction to an author counts

	SnapshotTTL time.Duration `koanf:"snapshot_ttl"` // how long an order can be paged after it was last asked for
	Snapshots   int           // orders that a process keeps itself as well, for when Redis is away; of some 100 kB

	RedisTimeout time.Duration `koanf:"redis_timeout"` // for all that a request asks of Redis; then it goes on without
}

// DefaultConfig considers 500 posts and the reactions of 30 days, and lets readers page for 10 min.
func DefaultConfig() Config {
	return Config{
		Config: homefeed.DefaultConfig(),
		Recent: 500, RecentPerAuthor: 50, AffinityWindow: 30 * 24 * time.Hour,
		SnapshotTTL: 10 * time.Minute, Snapshots: 512,
		RedisTimeout: 250 * time.Millisecond,
	}
}

// maxDepth keeps a cursor shorter than MaxCursor.
const maxDepth = 5_000

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	for _, n := range []struct {
		name       string
		value, max int
	}{{"depth", c.Depth, maxDepth}, {"recent", c.Recent, 10_000}, {"recent_per_author", c.RecentPerAuthor, 10_000}, {"snapshots", c.Snapshots, 1_000_000}} {
		if n.value < 1 || n.value > n.max {
			return fmt.Errorf("feed: %s must be within 1 and %d, is %d", n.name, n.max, n.value)
		}
	}
	for _, d := range []struct {
		name     string
		value    time.Duration
		min, max time.Duration
	}{
		{"affinity_window", c.AffinityWindow, time.Hour, 366 * 24 * time.Hour},
		{"snapshot_ttl", c.SnapshotTTL, time.Minute, 24 * time.Hour},
		{"redis_timeout", c.RedisTimeout, time.Millisecond, time.Minute},
	} {
		if d.value < d.min || d.value > d.max {
			return fmt.Errorf("feed: %s must be within %s and %s, is %s", d.name, d.min, d.max, d.value)
		}
	}
	return nil
}
