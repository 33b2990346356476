package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/riferrei/srclient"

	"github.com/nova-social/nova-streams/schemas"
)

var errNoSchema = errors.New("registry: answer without a schema")

// call makes one call within the timeout. srclient takes no context and caches by itself, so each call gets a client of
// its own, whose requests carry the context; connections are shared.
func (c *Client) call(ctx context.Context, do func(*srclient.SchemaRegistryClient) (*srclient.Schema, error)) (*srclient.Schema, error) {
	limited, cancel := context.WithTimeout(ctx, c.cfg.Timeout)
	defer cancel()
	transport := roundTripper(func(req *http.Request) (*http.Response, error) {
		return c.http.RoundTrip(req.WithContext(limited))
	})
	client := srclient.NewSchemaRegistryClient(c.cfg.URL, srclient.WithClient(&http.Client{Transport: transport}))

	schema, err := do(client)
	switch {
	case notFound(err):
		err = fmt.Errorf("%w: %w", schemas.ErrSchemaNotFound, err)
	case err == nil && schema.Schema() == "":
		err = errNoSchema
	}
	if ctx.Err() == nil { // else the caller gave up, which says nothing about the registry
		c.report(ctx, err)
	}
	if err != nil {
		return nil, fmt.Errorf("asking the schema registry: %w", err)
	}
	return schema, nil
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// notFound reports whether the registry itself said that there is no such thing (error codes 404, 40401 to 40403). A
// bare HTTP 404 comes from something else that listens there, which knows nothing about schemas.
func notFound(err error) bool {
	var answer srclient.Error
	return errors.As(err, &answer) && (answer.Code == http.StatusNotFound || answer.Code/100 == http.StatusNotFound)
}

// report logs when the registry goes away and when it is back, not each call between.
func (c *Client) report(ctx context.Context, err error) {
	var answer srclient.Error
	down := err != nil && !errors.As(err, &answer)
	c.mu.Lock()
	changed := down != c.down
	c.down = down
	c.mu.Unlock()
	switch {
	case !changed:
	case down:
		c.logger.WarnContext(ctx, "schema registry cannot be reached; known schemas work on", "error", err)
	default:
		c.logger.InfoContext(ctx, "schema registry is back")
	}
}
