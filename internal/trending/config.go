package trending

import (
	"fmt"
	"time"
)

// Config sets how long the list is and how often it moves.
type Config struct {
	ListSize  int           `koanf:"list_size"`  // posts in the list; paging ends there
	Tick      time.Duration `koanf:"tick"`       // time between two sorts
	CursorTTL time.Duration `koanf:"cursor_ttl"` // how long a list can be paged after it was replaced by another
}

// DefaultConfig keeps 1,000 posts, sorted twice a second, and lets a reader go on paging for 2 min.
func DefaultConfig() Config {
	return Config{ListSize: 1_000, Tick: 500 * time.Millisecond, CursorTTL: 2 * time.Minute}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case c.ListSize < 1 || c.ListSize > 10_000:
		return fmt.Errorf("trending: list_size must be within 1 and 10000, is %d", c.ListSize)
	case c.Tick < 10*time.Millisecond || c.Tick > time.Minute:
		return fmt.Errorf("trending: tick must be within 10ms and 1m, is %s", c.Tick)
	case c.CursorTTL < 0 || c.CursorTTL > time.Hour:
		return fmt.Errorf("trending: cursor_ttl must be within 0 and 1h, is %s", c.CursorTTL)
	}
	return nil
}
