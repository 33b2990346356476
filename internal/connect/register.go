package connect

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"

	"github.com/cenkalti/backoff/v5"
)

// Connector is one as Connect takes it.
type Connector struct {
	Name   string            `json:"name"`
	Config map[string]string `json:"config"`
}

// Parse reads a connector: {"name": …, "config": {…}}.
func Parse(text []byte) (Connector, error) {
	var c Connector
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&c); err != nil {
		return c, fmt.Errorf("reading a connector: %w", err)
	}
	if c.Name == "" || c.Config["connector.class"] == "" {
		return c, errors.New(`reading a connector: it needs "name" and, in "config", "connector.class"`)
	}
	return c, nil
}

// Outcome is what Register did.
type Outcome string

// What Register may have done.
const (
	Created   Outcome = "created"
	Updated   Outcome = "updated"
	Restarted Outcome = "restarted" // it was as given, and had failed
	Unchanged Outcome = "unchanged"
)

// Register creates the connector, or changes it to what is given, and waits until it has run for Config.Settle. A task
// that stays failed for as long ends the wait with a *NotRunningError, and so does the deadline of ctx.
func (c *Client) Register(ctx context.Context, connector Connector) (Outcome, error) {
	outcome, err := backoff.Retry(ctx, func() (Outcome, error) {
		outcome, err := c.put(ctx, connector)
		if err != nil && !isCode(err, http.StatusConflict) { // 409: the workers are about to share the work anew
			err = backoff.Permanent(err)
		}
		return outcome, err
	}, backoff.WithMaxElapsedTime(0))
	if err != nil {
		return "", err
	}
	return outcome, c.waitUntilRunning(ctx, connector.Name)
}

func (c *Client) put(ctx context.Context, connector Connector) (Outcome, error) {
	outcome := Updated
	present, err := c.ConfigOf(ctx, connector.Name)
	switch {
	case isNotFound(err):
		outcome = Created
	case err != nil:
		return "", err
	case maps.Equal(present, connector.named()):
		return c.restartFailed(ctx, connector.Name)
	}
	if err := c.call(ctx, http.MethodPut, c.at("connectors", connector.Name, "config"), connector.named(), nil); err != nil {
		return "", fmt.Errorf("registering connector %s: %w", connector.Name, err)
	}
	return outcome, nil
}

// named is the configuration as Connect stores it.
func (c Connector) named() map[string]string {
	config := maps.Clone(c.Config)
	config["name"] = c.Name
	return config
}

func (c *Client) restartFailed(ctx context.Context, name string) (Outcome, error) {
	status, err := c.Status(ctx, name)
	if err != nil || !status.failed() {
		return Unchanged, err
	}
	at := c.at("connectors", name, "restart")
	at.RawQuery = "includeTasks=true&onlyFailed=true"
	if err := c.call(ctx, http.MethodPost, at, nil, nil); err != nil {
		return "", fmt.Errorf("restarting connector %s: %w", name, err)
	}
	return Restarted, nil
}

// ConfigOf returns the configuration of a connector; one that Connect does not know is a *RefusedError with code 404.
func (c *Client) ConfigOf(ctx context.Context, name string) (map[string]string, error) {
	var config map[string]string
	if err := c.call(ctx, http.MethodGet, c.at("connectors", name, "config"), nil, &config); err != nil {
		return nil, fmt.Errorf("asking for the configuration of connector %s: %w", name, err)
	}
	return config, nil
}
