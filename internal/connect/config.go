package connect

import (
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config says where Connect is and how long to wait for it.
type Config struct {
	ConnectURL string        // base URL of Kafka Connect's REST API; may hold user and password (http://user:password@host:port)
	Connector  string        // name of the connector that status and snapshot are about
	Timeout    time.Duration // for one call
	Settle     time.Duration // how long the tasks must have run before a registered connector counts as running
}

// DefaultConfig returns the defaults, with the port that Connect uses.
func DefaultConfig() Config {
	return Config{ConnectURL: "http://127.0.0.1:8083", Connector: "nova", Timeout: 10 * time.Second, Settle: 3 * time.Second}
}

// Validate names the first field that breaks its rule, and its value; never the password in a URL.
func (c Config) Validate() error {
	u, err := url.Parse(c.ConnectURL)
	switch {
	case err != nil: // quotes the URL
		return errors.New("connect: ConnectURL must be a URL, got one that cannot be parsed")
	case u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("connect: ConnectURL must be http://host:port or https://host:port, got %q", u.Redacted())
	case c.Connector == "":
		return errors.New("connect: Connector must be named")
	case c.Timeout <= 0:
		return fmt.Errorf("connect: Timeout must be positive, got %v", c.Timeout)
	case c.Settle < 0:
		return fmt.Errorf("connect: Settle must not be negative, got %v", c.Settle)
	}
	return nil
}
