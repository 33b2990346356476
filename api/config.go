package api

import (
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"
)

// Config says where the API listens and how long it waits.
type Config struct {
	Addr           string        `koanf:"addr"`            // host:port; port 0 takes a free one
	RequestTimeout time.Duration `koanf:"request_timeout"` // for one answer; streams have none
	DrainTimeout   time.Duration `koanf:"drain_timeout"`   // for running requests at the end
	Streams        int           `koanf:"streams"`         // open at once; more are told to come later
	Heartbeat      time.Duration `koanf:"heartbeat"`       // silence after which a stream shows that it lives
	Slow           time.Duration `koanf:"slow"`            // from which an answer is told of in the log
	Origins        []string      `koanf:"origins"`         // of web pages elsewhere that may call the API, such as https://app.example; * for all, none by default
}

// DefaultConfig listens on port 8080 of this machine only.
func DefaultConfig() Config {
	return Config{Addr: "127.0.0.1:8080", RequestTimeout: 5 * time.Second, DrainTimeout: 5 * time.Second, Streams: 10_000, Heartbeat: 15 * time.Second, Slow: time.Second, Origins: []string{}}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return fmt.Errorf("api: addr must be host:port, is %q: %w", c.Addr, err)
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"request_timeout", c.RequestTimeout}, {"drain_timeout", c.DrainTimeout}, {"heartbeat", c.Heartbeat}, {"slow", c.Slow}} {
		if d.value < 10*time.Millisecond || d.value > 5*time.Minute {
			return fmt.Errorf("api: %s must be within 10ms and 5m, is %s", d.name, d.value)
		}
	}
	if c.Streams < 1 {
		return fmt.Errorf("api: streams must be at least 1, is %d", c.Streams)
	}
	for _, origin := range c.Origins {
		if origin == "*" {
			continue
		}
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.Contains(u.Host, "*") {
			return fmt.Errorf("api: origins must be like https://app.example, or *; one is %q", origin)
		}
	}
	return nil
}
