package clickhouse

import (
	"errors"
	"fmt"
	"net"
	"regexp"
	"time"

	"github.com/nova-social/nova-streams/internal/secret"
)

// Config says how the server is reached and how long tables keep their rows.
type Config struct {
	Addrs       []string    // host:port of one server; several are several ways to it, tried in order
	Protocol    string      // native or http
	TLS         bool        // encrypt, and check the server's certificate
	Compression string      // of inserts: none or lz4
	Database    string      // where the tables are; created by Migrate
	User        string      // "" for the server's default user
	Password    secret.Text // of User

	MaxOpenConns    int           // connections at most; each insert and each query under way takes one
	MaxIdleConns    int           // connections kept open between uses
	ConnMaxLifetime time.Duration // age at which a connection is replaced
	DialTimeout     time.Duration // wait for a connection, and for a free one
	ReadTimeout     time.Duration // wait for the next bytes of an answer
	InsertTimeout   time.Duration // wait for one insert as a whole
	QueryTimeout    time.Duration // wait for one query as a whole

	Breaker   BreakerConfig
	Retention Retention
	Views     Views
	Read      ReadConfig

	readOnly bool // mark every query as one that may change nothing
}

// Retention says for how long each table keeps a row, counted from its event time. Zero is for ever. Rows go by whole
// parts of a month, so they may stay up to a month longer; minutes go within hours.
type Retention struct {
	PostEvents             time.Duration // whole days
	PostEngagementHourly   time.Duration // whole days
	PostEngagementMinutely time.Duration // whole days, at least 2: post_stats_24h is made of the minutes
}

// Views says how often views are made anew and looked at.
type Views struct {
	PostStats     time.Duration // between two refreshes of post_stats_24h, by the server; whole seconds
	Relationships time.Duration // between two refreshes of user_relationships_agg, by the server; whole seconds
	Check         time.Duration // between two looks at all views, for materialized_view_metadata and metrics
}

// DefaultConfig is for a server with its default user on this machine.
func DefaultConfig() Config {
	return Config{
		Addrs:           []string{"127.0.0.1:8123"},
		Protocol:        "http",
		Compression:     "none",
		Database:        "nova",
		MaxOpenConns:    16,
		MaxIdleConns:    8,
		ConnMaxLifetime: time.Hour,
		DialTimeout:     5 * time.Second,
		ReadTimeout:     time.Minute,
		InsertTimeout:   time.Minute,
		QueryTimeout:    10 * time.Second,
		Breaker:         DefaultBreakerConfig(),
		Retention:       Retention{PostEngagementMinutely: 3 * day},
		Views:           Views{PostStats: time.Minute, Relationships: 2 * time.Minute, Check: 15 * time.Second},
		Read:            DefaultReadConfig(),
	}
}

// plainName is a name that needs no quotes in SQL.
var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

const day = 24 * time.Hour

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	if len(c.Addrs) == 0 {
		return errors.New("clickhouse: Addrs must name at least one host:port")
	}
	for _, a := range c.Addrs {
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
			return fmt.Errorf("clickhouse: Addrs must be host:port, has %q", a)
		}
	}
	if c.Protocol != "native" && c.Protocol != "http" {
		return fmt.Errorf("clickhouse: Protocol must be native or http, is %q", c.Protocol)
	}
	if c.Compression != "none" && c.Compression != "lz4" {
		return fmt.Errorf("clickhouse: Compression must be none or lz4, is %q", c.Compression)
	}
	if !plainName.MatchString(c.Database) {
		return fmt.Errorf("clickhouse: Database must be letters, digits and _, is %q", c.Database)
	}
	if c.MaxOpenConns < 1 {
		return fmt.Errorf("clickhouse: MaxOpenConns must be at least 1, is %d", c.MaxOpenConns)
	}
	if c.MaxIdleConns < 1 || c.MaxIdleConns > c.MaxOpenConns {
		return fmt.Errorf("clickhouse: MaxIdleConns must be from 1 to MaxOpenConns (%d), is %d", c.MaxOpenConns, c.MaxIdleConns)
	}
	for _, d := range []struct {
		name string
		val  time.Duration
	}{
		{"ConnMaxLifetime", c.ConnMaxLifetime},
		{"DialTimeout", c.DialTimeout},
		{"ReadTimeout", c.ReadTimeout},
		{"InsertTimeout", c.InsertTimeout},
		{"QueryTimeout", c.QueryTimeout},
	} {
		if d.val <= 0 {
			return fmt.Errorf("clickhouse: %s must be positive, is %v", d.name, d.val)
		}
	}
	if err := c.Breaker.Validate(); err != nil {
		return err
	}
	if err := c.Read.validate(c.User); err != nil {
		return err
	}
	if err := c.Retention.validate(); err != nil {
		return err
	}
	return c.Views.validate()
}

func (r Retention) validate() error {
	for _, d := range []struct {
		name string
		val  time.Duration
	}{
		{"PostEvents", r.PostEvents},
		{"PostEngagementHourly", r.PostEngagementHourly},
		{"PostEngagementMinutely", r.PostEngagementMinutely},
	} {
		if d.val < 0 || d.val%day != 0 {
			return fmt.Errorf("clickhouse: Retention.%s must be whole days, is %v", d.name, d.val)
		}
	}
	if m := r.PostEngagementMinutely; m == day {
		return fmt.Errorf("clickhouse: Retention.PostEngagementMinutely must be at least 2 days, or 0, is %v", m)
	}
	return nil
}

func (v Views) validate() error {
	for _, d := range []struct {
		name string
		val  time.Duration
	}{{"PostStats", v.PostStats}, {"Relationships", v.Relationships}} {
		if d.val < time.Second || d.val > time.Hour || d.val%time.Second != 0 {
			return fmt.Errorf("clickhouse: Views.%s must be whole seconds, up to an hour, is %v", d.name, d.val)
		}
	}
	if v.Check <= 0 {
		return fmt.Errorf("clickhouse: Views.Check must be positive, is %v", v.Check)
	}
	return nil
}
