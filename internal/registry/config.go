package registry

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config says where the registry is and how long to wait for it.
type Config struct {
	URL         string        // base URL; may hold user and password (http://user:password@host:port)
	Timeout     time.Duration // for one call
	NotFoundTTL time.Duration // how long an id the registry did not know is not asked for again
}

// DefaultConfig returns the defaults, with the port registries use.
func DefaultConfig() Config {
	return Config{URL: "http://127.0.0.1:8081", Timeout: 5 * time.Second, NotFoundTTL: 10 * time.Second}
}

// Validate names the first field that breaks its rule, and its value; never the password in a URL.
func (c Config) Validate() error {
	u, err := url.Parse(c.URL)
	switch {
	case err != nil: // quotes the URL
		return errors.New("registry: URL must be a URL, got one that cannot be parsed")
	case u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("registry: URL must be http://host:port or https://host:port, got %q", u.Redacted())
	case c.Timeout <= 0:
		return fmt.Errorf("registry: Timeout must be positive, got %v", c.Timeout)
	case c.NotFoundTTL < 0:
		return fmt.Errorf("registry: NotFoundTTL must not be negative, got %v", c.NotFoundTTL)
	}
	return nil
}
