package cache

import (
	"fmt"
	"time"
)

// PagesConfig says how long things stay in Redis.
type PagesConfig struct {
	TTL    time.Duration `koanf:"ttl"`    // life of a page
	Jitter time.Duration `koanf:"jitter"` // up to so much longer, so that pages made together do not end together
	Early  time.Duration `koanf:"early"`  // how long before its end a page that is read may be made anew
	Marker time.Duration `koanf:"marker"` // life of what a change leaves behind: longer than any process lags

	Nothing  time.Duration `koanf:"nothing"`  // life of a page with nothing on it; at most ttl
	Lease    time.Duration `koanf:"lease"`    // life of the right to make a page; it ends earlier when the page is made
	Patience time.Duration `koanf:"patience"` // how long to wait for a page that another process makes
	Poll     time.Duration `koanf:"poll"`     // time between two looks for it

	IgnoreMarkers bool // a rule switched off, to show that a test would notice: set by control runs of tests only
}

// DefaultPagesConfig keeps pages for two minutes to two and a half, and lets processes lag by an hour.
func DefaultPagesConfig() PagesConfig {
	return PagesConfig{
		TTL: 2 * time.Minute, Jitter: 30 * time.Second, Early: 2 * time.Second, Marker: time.Hour,
		Nothing: 5 * time.Second, Lease: 2 * time.Second, Patience: 500 * time.Millisecond, Poll: 10 * time.Millisecond,
	}
}

// Validate reports the first field that breaks its rule.
func (c PagesConfig) Validate() error {
	for _, d := range []struct {
		name  string
		value time.Duration
	}{{"ttl", c.TTL}, {"marker", c.Marker}, {"nothing", c.Nothing}, {"lease", c.Lease}, {"patience", c.Patience}, {"poll", c.Poll}} {
		if d.value < time.Millisecond {
			return fmt.Errorf("pages: %s must be at least 1ms, is %s", d.name, d.value)
		}
	}
	switch {
	case c.Early < 0 || c.Early > c.TTL:
		return fmt.Errorf("pages: early must be within 0 and ttl (%s), is %s", c.TTL, c.Early)
	case c.Nothing > c.TTL: // what removes a page lives no longer
		return fmt.Errorf("pages: nothing must be at most ttl (%s), is %s", c.TTL, c.Nothing)
	case c.Jitter < 0:
		return fmt.Errorf("pages: jitter must not be negative, is %s", c.Jitter)
	case c.Marker < c.TTL+c.Jitter: // a marker must be there for as long as a page it might have refused
		return fmt.Errorf("pages: marker must be at least ttl and jitter (%s), is %s", c.TTL+c.Jitter, c.Marker)
	}
	return nil
}
