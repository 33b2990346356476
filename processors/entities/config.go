package entities

import (
	"fmt"
	"time"
)

// Config says for how long tables that forget keep deleted rows, and what is taken for a log that counts anew.
type Config struct {
	KeepDeleted time.Duration // how long a deleted row meets changes that come late, of posts and users for good; longer than the connector's topics keep records
	Tolerance   time.Duration // how much later than the row a change of a lower position may have been committed before the group stops: clocks may be set
}

// DefaultConfig keeps deleted rows for a week and lets clocks go wrong by a minute.
func DefaultConfig() Config { return Config{KeepDeleted: 7 * 24 * time.Hour, Tolerance: time.Minute} }

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	if c.KeepDeleted <= 0 {
		return fmt.Errorf("entities: keep_deleted must be positive, is %v", c.KeepDeleted)
	}
	if c.Tolerance < 0 {
		return fmt.Errorf("entities: tolerance must not be negative, is %v", c.Tolerance)
	}
	return nil
}
