package identity

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"
)

// Config says whose tokens are good. Without jwks_url and key_files none is.
type Config struct {
	Issuer   string        `koanf:"issuer"`    // what iss of a token must be
	Audience string        `koanf:"audience"`  // what aud of a token must be, or have among others
	JWKSURL  string        `koanf:"jwks_url"`  // where the provider publishes its keys: https, or http on this machine; empty for nowhere
	KeyFiles []string      `koanf:"key_files"` // files of public keys, PEM or JWKS, for development; read once
	Leeway   time.Duration `koanf:"leeway"`    // how far the clocks of the provider and of this machine may be apart
	Refresh  time.Duration `koanf:"refresh"`   // time between two fetches of the keys
	Refetch  time.Duration `koanf:"refetch"`   // shortest time between two fetches that tokens with unknown keys ask for
	Overlap  time.Duration `koanf:"overlap"`   // how long a key is still good after the provider no longer publishes it
	MaxStale time.Duration `koanf:"max_stale"` // how long keys may be used without having been fetched again, and revocations without being known to be read up to their end; then no token is good
	Timeout  time.Duration `koanf:"timeout"`   // for one fetch
}

// DefaultConfig takes tokens of issuer and audience nova, and knows no keys.
func DefaultConfig() Config {
	return Config{
		Issuer: "nova", Audience: "nova", KeyFiles: []string{}, Leeway: 30 * time.Second, Refresh: 5 * time.Minute, Refetch: 10 * time.Second,
		Overlap: 5 * time.Minute, MaxStale: time.Hour, Timeout: 5 * time.Second,
	}
}

// HasKeys reports whether keys are configured.
func (c Config) HasKeys() bool { return c.JWKSURL != "" || len(c.KeyFiles) > 0 }

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case c.Issuer == "":
		return errors.New("identity: issuer must not be empty")
	case c.Audience == "":
		return errors.New("identity: audience must not be empty")
	case c.JWKSURL != "" && !safe(c.JWKSURL):
		return fmt.Errorf("identity: jwks_url must be https://…, or http:// on this machine, without a password, is %q", withoutUser(c.JWKSURL))
	}
	for _, d := range []struct {
		name       string
		value      time.Duration
		least, max time.Duration
	}{
		{"leeway", c.Leeway, 0, 5 * time.Minute},
		{"refresh", c.Refresh, time.Second, 24 * time.Hour},
		{"refetch", c.Refetch, time.Second, time.Hour},
		{"overlap", c.Overlap, 0, 24 * time.Hour},
		{"max_stale", c.MaxStale, time.Second, 7 * 24 * time.Hour},
		{"timeout", c.Timeout, 100 * time.Millisecond, time.Minute},
	} {
		if d.value < d.least || d.value > d.max {
			return fmt.Errorf("identity: %s must be within %s and %s, is %s", d.name, d.least, d.max, d.value)
		}
	}
	if c.MaxStale <= c.Refresh {
		return fmt.Errorf("identity: max_stale must be longer than refresh (%s), is %s", c.Refresh, c.MaxStale)
	}
	return nil
}

// safe reports whether nobody on the way can put keys of their own in place of those at an address.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// withoutUser is an address without what may be a password.
func withoutUser(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "not a URL"
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}
