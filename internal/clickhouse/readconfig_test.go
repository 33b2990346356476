package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReadConfig_names_what_is_wrong(t *testing.T) {
	for want, spoil := range map[string]func(*Config){
		`clickhouse: Read.User must be letters, digits and _, is "a b"`:      func(c *Config) { c.Read.User = "a b" },
		`clickhouse: Read.Create needs a Read.User other than User, has ""`:  func(c *Config) { c.Read.Create = true },
		`clickhouse: Read.Create needs a Read.User other than User, has "w"`: func(c *Config) { c.User, c.Read.User, c.Read.Create = "w", "w", true },
		"clickhouse: Read.Create needs a Read.Password, has none":            func(c *Config) { c.Read.User, c.Read.Create = "r", true },
		"clickhouse: Read.MaxOpenConns must be at least 1, is 0":             func(c *Config) { c.Read.MaxOpenConns = 0 },
		"clickhouse: Read.QueryTimeout must be positive, is 0s":              func(c *Config) { c.Read.QueryTimeout = 0 },
		"clickhouse: Read.MaxRows must not be negative, is -1":               func(c *Config) { c.Read.MaxRows = -1 },
	} {
		c := DefaultConfig()
		spoil(&c)
		_, err := OpenReader(c)
		require.EqualError(t, err, want)
	}
}

func TestReading_is_apart_from_writing(t *testing.T) {
	cfg := DefaultConfig()
	cfg.User, cfg.Password = "writer", "a"
	require.Equal(t, "writer", cfg.reading().options("").Auth.Username, "by default whoever writes")
	cfg.Read.User, cfg.Read.Password = "reader", "b"
	o := cfg.reading().options("")
	require.Equal(t, []any{"reader", "b", 8, 8, 2 * time.Second}, []any{o.Auth.Username, o.Auth.Password, o.MaxOpenConns, o.MaxIdleConns, o.DialTimeout})
	require.Equal(t, 1, o.Settings["readonly"])
	require.Empty(t, cfg.options("").Settings)
	require.NoError(t, cfg.reading().Validate())
}
