package clickhouse

import (
	"context"
	"crypto/tls"
	"fmt"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// Client is a pool of connections to one server. It is safe for use by many goroutines.
type Client struct {
	cfg  Config
	conn driver.Conn
}

// Open prepares a client. It does not connect: a server that is away is no reason not to start.
func Open(cfg Config) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	conn, err := ch.Open(cfg.options(cfg.Database))
	if err != nil {
		return nil, fmt.Errorf("opening ClickHouse: %w", err)
	}
	return &Client{cfg, conn}, nil
}

// Ping reports whether the server answers and lets us in.
func (c *Client) Ping(ctx context.Context) error {
	if err := c.conn.Ping(ctx); err != nil {
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
	if c.TLS {
		o.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	return o
}
