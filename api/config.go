package api

import (
	"fmt"
	"net"
	"time"
)

// Config says where the API listens and how long it waits.
type Config struct {
	Addr           string        `koanf:"addr"`            // host:port; port 0 takes a free one
	RequestTimeout time.Duration `koanf:"request_timeout"` // for one answer; streams have none
	DrainTimeout   time.Duration `koanf:"drain_timeout"`   // for running requests at the end
	Heartbeat      time.Duration `koanf:"heartbeat"`       // silence after which a stream shows that it lives
}

// DefaultConfig listens on port 8080 of this machine only.
func DefaultConfig() Config {
	return Config{Addr: "127.0.0.1:8080", RequestTimeout: 5 * time.Second, DrainTimeout: 5 * time.Second, Heartbeat: 15 * time.Second}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("api: addr must be host:port, is %q: %w", c.Addr, err)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"request_timeout", c.RequestTimeout}, {"drain_timeout", c.DrainTimeout}, {"heartbeat", c.Heartbeat}} {
		if d.value < 10*time.Millisecond || d.value > 5*time.Minute {
			return fmt.Errorf("api: %s must be within 10ms and 5m, is %s", d.name, d.value)
		}
	}
	return nil
}
