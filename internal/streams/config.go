package streams

import (
	"errors"
	"fmt"
	"log/slog"
	"time"
)

// Config is what all stages of a process share.
type Config struct {
	Brokers        []string
	ClientID       string
	Tick           time.Duration // how long an epoch lasts: dirty rows are encoded and sent once per tick
	CommitInterval time.Duration // how often durable offsets are committed
	Linger         time.Duration // how long the producer waits to fill a batch
	MaxUnacked     int           // unacknowledged records per partition at which the stage stops reading
	DrainTimeout   time.Duration // how long the end of a session waits for acknowledgements
	SessionTimeout time.Duration // silence after which the group gives a member's partitions away
	BackoffMin     time.Duration // pause before the first rebuild of a processor that ended
	BackoffMax     time.Duration // longest such pause
	Log            *slog.Logger  // set by the program; DefaultConfig discards
	Metrics        *Metrics      // nil for none
	Controls       Controls
}

// Controls switch a rule off, to show that a test would notice. They are set by control runs of tests only.
type Controls struct {
	IgnoreOrigins bool // repeats of an emitter are processed as if new
	RowsFirst     bool // rows are sent before the outputs of their epoch
}

// DefaultConfig returns the settings that everything was measured with.
func DefaultConfig() Config {
	return Config{
		ClientID:       "nova",
		Tick:           10 * time.Millisecond,
		CommitInterval: 100 * time.Millisecond,
		Linger:         time.Millisecond,
		MaxUnacked:     50_000,
		DrainTimeout:   5 * time.Second,
		SessionTimeout: 10 * time.Second,
		BackoffMin:     200 * time.Millisecond,
		BackoffMax:     5 * time.Second,
		Log:            slog.New(slog.DiscardHandler),
	}
}

// Validate names the first field that cannot work.
func (c *Config) Validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("streams: Brokers must name at least one broker")
	}
	for _, d := range []struct {
		name string
		val  time.Duration
	}{
		{"Tick", c.Tick},
		{"CommitInterval", c.CommitInterval},
		{"DrainTimeout", c.DrainTimeout},
		{"SessionTimeout", c.SessionTimeout},
		{"BackoffMin", c.BackoffMin},
		{"BackoffMax", c.BackoffMax},
	} {
		if d.val <= 0 {
			return fmt.Errorf("streams: %s must be positive, is %v", d.name, d.val)
		}
	}
	if c.MaxUnacked < 1 {
		return fmt.Errorf("streams: MaxUnacked must be at least 1, is %d", c.MaxUnacked)
	}
	if c.Log == nil {
		return errors.New("streams: Log must be set")
	}
	return nil
}
