package cache

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"
)

// Config says which Redis and how often. Printed or logged it shows no password.
type Config struct {
	URL     string        `koanf:"url"`     // redis://[user:password@]host:port[/db], or rediss:// for TLS
	TTL     time.Duration `koanf:"ttl"`     // life of the trending key after its last write
	Refresh time.Duration `koanf:"refresh"` // longest time between two writes
	Retry   time.Duration `koanf:"retry"`   // longest time between two tries while Redis is away
	Timeout time.Duration `koanf:"timeout"` // for one write

	SuggestionsTTL time.Duration `koanf:"suggestions_ttl"` // life of a user's suggestions
}

// DefaultConfig is a Redis on this machine, and a key that lives for 90 s and is written every 30 s at least.
func DefaultConfig() Config {
	return Config{
		URL: "redis://127.0.0.1:6379", TTL: 90 * time.Second, Refresh: 30 * time.Second, Retry: time.Second, Timeout: 2 * time.Second,
		SuggestionsTTL: 20 * time.Minute,
	}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	if _, err := c.options(); err != nil {
		return err
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"ttl", c.TTL}, {"refresh", c.Refresh}, {"retry", c.Retry}, {"timeout", c.Timeout}, {"suggestions_ttl", c.SuggestionsTTL}} {
		if d.value < time.Millisecond {
			return fmt.Errorf("cache: %s must be at least 1ms, is %s", d.name, d.value)
		}
	}
	if c.Refresh >= c.TTL {
		return fmt.Errorf("cache: refresh must be shorter than ttl (%s), is %s", c.TTL, c.Refresh)
	}
	return nil
}

// options does not wrap what the parsers say: it may quote the password.
func (c Config) options() (*redis.Options, error) {
	options, err := redis.ParseURL(c.URL)
	if err != nil {
		return nil, errors.New("cache: url must be redis://[user:password@]host:port[/db], is " + c.address())
	}
	return options, nil
}

// address is the URL without its password, or a word in its place if it is none.
func (c Config) address() string {
	u, err := url.Parse(c.URL)
	if err != nil || u.Host == "" {
		return "not a URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// String returns the configuration without the password.
func (c Config) String() string {
	return fmt.Sprintf("{url:%s ttl:%s refresh:%s retry:%s timeout:%s suggestions_ttl:%s}", c.address(), c.TTL, c.Refresh, c.Retry, c.Timeout, c.SuggestionsTTL)
}

// GoString returns the configuration without the password.
func (c Config) GoString() string { return c.String() }

// LogValue returns the configuration without the password.
func (c Config) LogValue() slog.Value { return slog.StringValue(c.String()) }
