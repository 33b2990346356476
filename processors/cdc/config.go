package cdc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// Config says which connectors there are.
type Config struct {
	Sources []string         // logical names of the connectors, in the order in which their databases took over: of two changes of a row the one of the later source counts, whatever their positions
	Records debezium.Options // how they are written
}

// DefaultConfig knows one connector, cdc, with settings as it comes.
func DefaultConfig() Config {
	c := Config{Sources: []string{"cdc"}, Records: debezium.DefaultOptions()}
	c.Records.Full = []string{}
	return c
}

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	if len(c.Sources) == 0 {
		return errors.New("cdc: sources must name at least one connector")
	}
	for i, name := range c.Sources {
		if name == "" || slices.Contains(c.Sources[:i], name) {
			return fmt.Errorf("cdc: sources must be different names, has %q", c.Sources)
		}
	}
	if err := c.Records.Validate(); err != nil {
		return fmt.Errorf("cdc: %w", err)
	}
	return nil
}
