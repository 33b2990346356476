package reconcile

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConfig_names_the_field(t *testing.T) {
	t.Parallel()
	require.NoError(t, DefaultConfig().Validate())
	for want, change := range map[string]func(*Config){
		"interval must not be negative":                func(c *Config) { c.Interval = -1 },
		"since must be from 1h to 168h0m0s, is 59m0s":  func(c *Config) { c.Since = 59 * time.Minute },
		"since must be from 1h to 168h0m0s, is 169h0m": func(c *Config) { c.Since = 169 * time.Hour },
		"patience must be positive":                    func(c *Config) { c.Patience = 0 },
	} {
		c := DefaultConfig()
		change(&c)
		require.ErrorContains(t, c.Validate(), want)
	}
	off := DefaultConfig()
	off.Interval = 0
	require.NoError(t, off.Validate())
}
