package clickhouse

import (
	"errors"
	"fmt"
	"time"

	"github.com/nova-social/nova-streams/internal/secret"
)

// ReadConfig says who reads, and how long for. All else is as for writing.
type ReadConfig struct {
	User         string        // who reads; "" for clickhouse.user
	Password     secret.Text   // of that user
	Create       bool          // have `nova migrate` create that user, set its password and let it read the database, nothing else
	MaxOpenConns int           // connections of readers at most, apart from those of the writer
	QueryTimeout time.Duration // wait for an answer to the API as a whole; after it the API answers without ClickHouse
	MaxRows      int           // rows that `nova sql` writes unless it is told otherwise; 0 for all
}

// DefaultReadConfig reads as whoever writes.
func DefaultReadConfig() ReadConfig {
	return ReadConfig{MaxOpenConns: 8, QueryTimeout: 2 * time.Second, MaxRows: 10_000}
}

// validate names the first field that breaks its rule. writer is the user who writes.
func (c ReadConfig) validate(writer string) error {
	switch {
	case c.User != "" && !plainName.MatchString(c.User):
		return fmt.Errorf("clickhouse: Read.User must be letters, digits and _, is %q", c.User)
	case c.Create && (c.User == "" || c.User == writer):
		return fmt.Errorf("clickhouse: Read.Create needs a Read.User other than User, has %q", c.User)
	case c.Create && c.Password == "":
		return errors.New("clickhouse: Read.Create needs a Read.Password, has none")
	case c.MaxOpenConns < 1:
		return fmt.Errorf("clickhouse: Read.MaxOpenConns must be at least 1, is %d", c.MaxOpenConns)
	case c.QueryTimeout <= 0:
		return fmt.Errorf("clickhouse: Read.QueryTimeout must be positive, is %v", c.QueryTimeout)
	case c.MaxRows < 0:
		return fmt.Errorf("clickhouse: Read.MaxRows must not be negative, is %d", c.MaxRows)
	}
	return nil
}

// reading returns the settings of a client for readers.
func (c Config) reading() Config {
	r := c.Read
	if r.User != "" {
		c.User, c.Password = r.User, r.Password
	}
	c.MaxOpenConns, c.MaxIdleConns = r.MaxOpenConns, min(c.MaxIdleConns, r.MaxOpenConns)
	c.QueryTimeout, c.DialTimeout = r.QueryTimeout, min(c.DialTimeout, r.QueryTimeout)
	c.readOnly = true
	return c
}
