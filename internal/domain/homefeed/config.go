package homefeed

import (
	"fmt"
	"time"
)

// Config says how posts are weighed. Each part of a score saturates, so that no part can outgrow its weight.
type Config struct {
	Depth int // posts of a feed, over all its pages

	Freshness float64       // weight of a post just written
	HalfLife  time.Duration `koanf:"half_life"` // age at which a post has half of it

	Engagement float64 // weight of what is trending without limit
	HalfScore  int64   `koanf:"half_score"` // tenths of a point in the trending window at which a post has half of it

	Affinity      float64 // weight of an author to whom the reader reacts without end
	HalfReactions int     `koanf:"half_reactions"` // recent reactions to the author at which a post has half of it

	PerAuthor int `koanf:"per_author"` // posts of one author on a page, at most
}

// DefaultConfig prefers fresh posts, then those that others react to, then those of authors the reader reacts to.
func DefaultConfig() Config {
	return Config{
		Depth:     500,
		Freshness: 1, HalfLife: 6 * time.Hour,
		Engagement: 0.6, HalfScore: 500,
		Affinity: 0.4, HalfReactions: 3,
		PerAuthor: 3,
	}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	for _, w := range []struct {
		name  string
		value float64
	}{{"freshness", c.Freshness}, {"engagement", c.Engagement}, {"affinity", c.Affinity}} {
		if !(w.value >= 0 && w.value <= 1000) { // so that NaN is refused as well
			return fmt.Errorf("feed: %s must be within 0 and 1000, is %v", w.name, w.value)
		}
	}
	for _, n := range []struct {
		name  string
		value int64
	}{{"depth", int64(c.Depth)}, {"half_score", c.HalfScore}, {"half_reactions", int64(c.HalfReactions)}, {"per_author", int64(c.PerAuthor)}} {
		if n.value < 1 {
			return fmt.Errorf("feed: %s must be at least 1, is %d", n.name, n.value)
		}
	}
	if c.HalfLife < time.Minute {
		return fmt.Errorf("feed: half_life must be at least 1m, is %s", c.HalfLife)
	}
	return nil
}
