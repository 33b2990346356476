package cache

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestPasswordIsNeverPrinted(t *testing.T) {
	for _, url := range []string{
		"redis://user:hunter2@localhost:6379/3", "redis://:hunter2@localhost:6379", "redis://:hunter2@host:port", "hunter2", "://hunter2",
		"http://:hunter2@localhost",
	} {
		cfg := DefaultConfig()
		cfg.URL = url
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("config", "config", cfg, "group", struct{ C Config }{cfg})
		for _, text := range []string{
			log.String(), fmt.Sprint(cfg), fmt.Sprintf("%+v %#v", cfg, cfg), fmt.Sprintf("%+v %#v", &cfg, struct{ C Config }{cfg}),
			fmt.Sprint(cfg.Validate()),
		} {
			require.NotContains(t, text, "hunter2")
		}
	}
	cfg := DefaultConfig()
	cfg.URL = "redis://user:hunter2@localhost:6379/3"
	require.Contains(t, cfg.String(), "redis://localhost:6379/3")
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"url":     func(c *Config) { c.URL = "http://localhost" },
		"ttl":     func(c *Config) { c.TTL = 0 },
		"refresh": func(c *Config) { c.Refresh = c.TTL },
		"retry":   func(c *Config) { c.Retry = -1 },
		"timeout": func(c *Config) { c.Timeout = 0 },

		"suggestions_ttl": func(c *Config) { c.SuggestionsTTL = 0 },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), "cache: "+field)
	}
}

func TestPagesConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultPagesConfig().Validate())
	for field, broken := range map[string]func(*PagesConfig){
		"ttl":      func(c *PagesConfig) { c.TTL = 0 },
		"jitter":   func(c *PagesConfig) { c.Jitter = -1 },
		"early":    func(c *PagesConfig) { c.Early = c.TTL + 1 },
		"marker":   func(c *PagesConfig) { c.Marker = c.TTL },
		"nothing":  func(c *PagesConfig) { c.Nothing = 0 },
		"lease":    func(c *PagesConfig) { c.Lease = 0 },
		"patience": func(c *PagesConfig) { c.Patience = 0 },
		"poll":     func(c *PagesConfig) { c.Poll = 0 },
	} {
		c := DefaultPagesConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), "pages: "+field)
	}
	c := DefaultPagesConfig()
	c.Nothing = c.TTL + 1
	require.ErrorContains(t, c.Validate(), "pages: nothing must be at most ttl")
}
