// Package registry is a client of a schema registry with Confluent's HTTP interface.
//
// It registers schemas and looks them up by id. An id once seen is remembered for good, for ids never change their
// meaning: known ids work on while the registry is down. It does not retry; callers decide how long to wait.
// It does not check compatibility: the tests of package schemas do, and the registry may refuse on its own.
package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/riferrei/srclient"

	"github.com/nova-social/nova-streams/schemas"
)

// Client implements schemas.Registrar. It is safe for use by many goroutines.
type Client struct {
	cfg    Config
	http   *http.Transport
	logger *slog.Logger
	now    func() time.Time

	mu      sync.Mutex
	known   map[int]string
	missing map[int]time.Time // when the registry last did not know the id
	down    bool              // as last logged
}

var _ schemas.Registrar = (*Client)(nil)

// maxMissing bounds the memory of unknown ids: random bytes that look framed name any of 2^32.
const maxMissing = 1024

// New returns a client. It does not connect.
func New(cfg Config, logger *slog.Logger) (*Client, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.URL = strings.TrimRight(cfg.URL, "/")
	return &Client{
		cfg:     cfg,
		http:    &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute},
		logger:  logger,
		now:     time.Now,
		known:   make(map[int]string),
		missing: make(map[int]time.Time),
	}, nil
}

// Close gives idle connections back.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Register makes schema known under subject and returns its id. The same schema under the same subject keeps its id.
func (c *Client) Register(ctx context.Context, subject, schema string) (int, error) {
	registered, err := c.call(ctx, func(sr *srclient.SchemaRegistryClient) (*srclient.Schema, error) {
		return sr.CreateSchema(subject, schema, srclient.Avro)
	})
	if err != nil {
		return 0, err
	}
	c.remember(registered.ID(), registered.Schema())
	return registered.ID(), nil
}

// Schema returns the schema of an id. The error wraps schemas.ErrSchemaNotFound if the registry knows no Avro schema
// under it; any other error means that the registry could not say.
func (c *Client) Schema(ctx context.Context, id int) (string, error) {
	if schema, err := c.recall(id); schema != "" || err != nil {
		return schema, err
	}
	found, err := c.call(ctx, func(sr *srclient.SchemaRegistryClient) (*srclient.Schema, error) { return sr.GetSchema(id) })
	if err == nil && found.SchemaType() != nil && *found.SchemaType() != srclient.Avro {
		err = fmt.Errorf("schema %d is %s, not Avro: %w", id, *found.SchemaType(), schemas.ErrSchemaNotFound)
	}
	if err != nil {
		if errors.Is(err, schemas.ErrSchemaNotFound) {
			c.miss(id)
		}
		return "", err
	}
	c.remember(id, found.Schema())
	return found.Schema(), nil
}

// recall answers from memory: the schema, ErrSchemaNotFound, or neither.
func (c *Client) recall(id int) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if schema, ok := c.known[id]; ok {
		return schema, nil
	}
	if at, ok := c.missing[id]; ok && c.now().Sub(at) < c.cfg.NotFoundTTL {
		return "", fmt.Errorf("schema %d, asked for a moment ago: %w", id, schemas.ErrSchemaNotFound)
	}
	return "", nil
}

func (c *Client) remember(id int, schema string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[id] = schema
	delete(c.missing, id)
}

func (c *Client) miss(id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.missing) >= maxMissing {
		clear(c.missing)
	}
	c.missing[id] = c.now()
}
