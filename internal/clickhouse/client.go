package clickhouse

import (
	"context"
	"crypto/tls"
	"fmt"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Client is a pool of connections to one server, behind a circuit breaker of its own. It is safe for use by many
// goroutines.
type Client struct {
	cfg     Config
	name    string
	conn    driver.Conn
	breaker *breaker
	metrics *CallMetrics
}

// The names of clients in metrics.
const (
	SinkClient = "sink" // writes
	ReadClient = "read" // reads for people
)

// Option changes a client that is opened.
type Option func(*Client)

// Named gives the client its name in metrics; SinkClient without it.
func Named(name string) Option { return func(c *Client) { c.name = name } }

// Measured has the client's calls counted.
func Measured(m *CallMetrics) Option { return func(c *Client) { c.metrics = m } }

// Open prepares a client. It does not connect: a server that is away is no reason not to start.
func Open(cfg Config, options ...Option) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	conn, err := ch.Open(cfg.options(cfg.Database))
	if err != nil {
		return nil, fmt.Errorf("opening ClickHouse: %w", err)
	}
	c := &Client{cfg: cfg, name: SinkClient, conn: conn}
	for _, o := range options {
		o(c)
	}
	c.breaker = newBreaker(cfg.Breaker, func(state string) { c.metrics.breaker(c.name, state) })
	c.metrics.breaker(c.name, BreakerClosed)
	return c, nil
}

// Breaker returns the state of the client's circuit breaker.
func (c *Client) Breaker() string { return c.breaker.State().String() }

// Ping reports whether the server answers and lets us in.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.do(ctx, "ping", c.cfg.DialTimeout, false, func(ctx context.Context, conn driver.Conn) error { return conn.Ping(ctx) }); err != nil {
		return fmt.Errorf("asking ClickHouse: %w", err)
	}
	return nil
}

// Close closes all connections.
func (c *Client) Close() error { return c.conn.Close() }

// options are the driver's settings for a connection whose unqualified tables are in database.
func (c Config) options(database string) *ch.Options {
	o := &ch.Options{
		Addr:            c.Addrs,
		Auth:            ch.Auth{Database: database, Username: c.User, Password: c.Password.Reveal()},
		MaxOpenConns:    c.MaxOpenConns,
		MaxIdleConns:    c.MaxIdleConns,
		ConnMaxLifetime: c.ConnMaxLifetime,
		DialTimeout:     c.DialTimeout,
		ReadTimeout:     c.ReadTimeout,
		Protocol:        ch.Native,
		Compression:     &ch.Compression{Method: ch.CompressionNone},
	}
	if c.Protocol == "http" {
		o.Protocol = ch.HTTP
	}
	if c.Compression == "lz4" {
		o.Compression.Method = ch.CompressionLZ4
	}
	if c.readOnly {
		o.Settings = ch.Settings{"readonly": 1}
	}
	if c.TLS {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o
}
