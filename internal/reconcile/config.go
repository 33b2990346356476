package reconcile

import (
	"fmt"
	"time"
)

// Config says how often and how far back rows are compared.
type Config struct {
	Interval time.Duration // time between two comparisons of a process with the role sinks; 0 = none
	Since    time.Duration // how far back inserts and hours are looked at one by one
	Patience time.Duration // how long records on their way are waited for
}

// DefaultConfig looks at two days every five minutes.
func DefaultConfig() Config {
	return Config{Interval: 5 * time.Minute, Since: 48 * time.Hour, Patience: 30 * time.Second}
}

// MaxSince bounds the hours that are asked for one by one: `events` keeps its records for as long.
const MaxSince = 7 * 24 * time.Hour

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case c.Interval < 0:
		return fmt.Errorf("reconcile: interval must not be negative, is %v", c.Interval)
	case c.Since < time.Hour || c.Since > MaxSince:
		return fmt.Errorf("reconcile: since must be from 1h to %v, is %v", MaxSince, c.Since)
	case c.Patience <= 0:
		return fmt.Errorf("reconcile: patience must be positive, is %v", c.Patience)
	}
	return nil
}
