package transactions

import (
	"fmt"
	"time"
)

// Config says how long transactions may take to pass.
type Config struct {
	TransactionTimeout time.Duration // after which one of which something is missing is told, since its first part came; 0 for never
	TransactionKeep    time.Duration // how long one is known after its last part came; longer than Connect takes to send again what it has sent
}

// DefaultConfig tells after ten minutes, and knows transactions for a day.
func DefaultConfig() Config {
	return Config{TransactionTimeout: 10 * time.Minute, TransactionKeep: 24 * time.Hour}
}

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case c.TransactionTimeout < 0:
		return fmt.Errorf("transactions: transaction_timeout must not be negative, is %v", c.TransactionTimeout)
	case c.TransactionKeep <= c.TransactionTimeout:
		return fmt.Errorf("transactions: transaction_keep must be longer than transaction_timeout (%v), is %v", c.TransactionTimeout, c.TransactionKeep)
	}
	return nil
}
