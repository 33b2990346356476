package main

import (
	"fmt"
	"os"
	"strings"
)

// engine is chDB, running on one directory.
type engine struct {
	lib     *library
	dir     string
	anchor  *connection // keeps the engine running between requests
	version string      // of ClickHouse
}

func openEngine(lib, dir string) (*engine, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	l, err := loadLibrary(lib)
	if err != nil {
		return nil, err
	}
	anchor, err := l.open(dir)
	if err != nil {
		return nil, err
	}
	e := &engine{lib: l, dir: dir, anchor: anchor}
	err = anchor.query([]byte("SELECT version()"), "TSVRaw", func(result []byte) error {
		e.version = strings.TrimSpace(string(result))
		return nil
	})
	if err != nil {
		anchor.close()
		return nil, fmt.Errorf("asking chDB for its version: %w", err)
	}
	return e, nil
}

func (e *engine) close() { e.anchor.close() }

// run runs a statement in a session of its own, with the database, settings and parameters of the request. Opening a
// session takes less than a millisecond.
func (e *engine) run(s statement, use func(result []byte) error) error {
	c, err := e.lib.open(e.dir)
	if err != nil {
		return err
	}
	defer c.close()
	for _, preparation := range s.preparations() {
		if err := c.exec(preparation); err != nil {
			return err
		}
	}
	return c.query(s.sql, s.format, use)
}
