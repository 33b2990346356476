package clickhouse

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConfigNamesWhatIsWrong(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for want, spoil := range map[string]func(*Config){
		"clickhouse: Addrs must name at least one host:port":                  func(c *Config) { c.Addrs = nil },
		`clickhouse: Addrs must be host:port, has "nowhere"`:                  func(c *Config) { c.Addrs = []string{"a:1", "nowhere"} },
		`clickhouse: Protocol must be native or http, is "ftp"`:               func(c *Config) { c.Protocol = "ftp" },
		`clickhouse: Compression must be none or lz4, is "zip"`:               func(c *Config) { c.Compression = "zip" },
		"clickhouse: Database must be letters, digits and _, is \"a; DROP\"":  func(c *Config) { c.Database = "a; DROP" },
		"clickhouse: MaxOpenConns must be at least 1, is 0":                   func(c *Config) { c.MaxOpenConns = 0 },
		"clickhouse: MaxIdleConns must be from 1 to MaxOpenConns (16), is 17": func(c *Config) { c.MaxIdleConns = 17 },
		"clickhouse: ConnMaxLifetime must be positive, is 0s":                 func(c *Config) { c.ConnMaxLifetime = 0 },
		"clickhouse: InsertTimeout must be positive, is -1s":                  func(c *Config) { c.InsertTimeout = -time.Second },
		"clickhouse: Retention.PostEvents must be whole days, is 36h0m0s":     func(c *Config) { c.Retention.PostEvents = 36 * time.Hour },
		"clickhouse: Retention.PostEvents must be whole days, is -24h0m0s":    func(c *Config) { c.Retention.PostEvents = -day },
		"clickhouse: Retention.PostEngagementHourly must be whole days, is 1s": func(c *Config) {
			c.Retention.PostEngagementHourly = time.Second
		},
		"clickhouse: Retention.PostEngagementMinutely must be at least 2 days, or 0, is 24h0m0s": func(c *Config) {
			c.Retention.PostEngagementMinutely = day
		},
		"clickhouse: Views.PostStats must be whole seconds, up to an hour, is 1.5s": func(c *Config) {
			c.Views.PostStats = 1500 * time.Millisecond
		},
		"clickhouse: Views.PostStats must be whole seconds, up to an hour, is 1h0m1s": func(c *Config) {
			c.Views.PostStats = time.Hour + time.Second
		},
		"clickhouse: Views.Check must be positive, is 0s": func(c *Config) { c.Views.Check = 0 },
	} {
		c := DefaultConfig()
		spoil(&c)
		require.EqualError(t, c.Validate(), want)
		_, err := Open(c)
		require.EqualError(t, err, want)
	}
}

func TestSinkConfigNamesWhatIsWrong(t *testing.T) {
	good := DefaultSinkConfig()
	good.Brokers = []string{"a:1"}
	require.NoError(t, good.Validate())
	for want, spoil := range map[string]func(*SinkConfig){
		"clickhouse: Brokers must name at least one broker":              func(c *SinkConfig) { c.Brokers = nil },
		"clickhouse: BatchRecords must be from 1 to 1000000, is 0":       func(c *SinkConfig) { c.BatchRecords = 0 },
		"clickhouse: BatchBytes must be from 1 to 134217728, is -1":      func(c *SinkConfig) { c.BatchBytes = -1 },
		"clickhouse: BatchParts must be from 1 to 100, is 101":           func(c *SinkConfig) { c.BatchParts = 101 },
		"clickhouse: BatchAge must be positive, is 0s":                   func(c *SinkConfig) { c.BatchAge = 0 },
		"clickhouse: SessionTimeout must be positive, is 0s":             func(c *SinkConfig) { c.SessionTimeout = 0 },
		"clickhouse: RetryMax must be at least RetryMin (100ms), is 1ms": func(c *SinkConfig) { c.RetryMax = time.Millisecond },
	} {
		c := good
		spoil(&c)
		require.EqualError(t, c.Validate(), want)
		_, err := NewSink(PostEvents, c, Deps{})
		require.EqualError(t, err, want)
	}
	_, err := NewSink(PostEvents, good, Deps{})
	require.EqualError(t, err, "clickhouse: Table, Records, DeadLetters and Log of a sink must be set, one is nil")
}

func TestPasswordIsNotPrinted(t *testing.T) {
	c := DefaultConfig()
	c.Password = "correct-horse"
	require.NotContains(t, fmt.Sprintf("%v %+v %#v", c, c, c), "correct-horse")
	require.Equal(t, "correct-horse", c.options("").Auth.Password)
}

func TestRetriesDoubleAndNeverEnd(t *testing.T) {
	cfg := DefaultSinkConfig()
	b := (&Sink{cfg: cfg}).pace().Backoff()
	var pauses []time.Duration
	for range 8 {
		pauses = append(pauses, b.NextBackOff())
	}
	ms := time.Millisecond
	require.Equal(t, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 3200 * ms, 5000 * ms, 5000 * ms}, pauses)
}
