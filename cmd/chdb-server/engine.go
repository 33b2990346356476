package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// engine is chDB, running on one directory.
type engine struct {
	lib     *library
	dir     string      // of the databases
	spool   string      // directory for the data of inserts on their way
	anchor  *connection // keeps the engine running between requests
	version string      // of ClickHouse
}

func openEngine(lib, home string) (*engine, error) {
	e := &engine{dir: filepath.Join(home, "engine"), spool: filepath.Join(home, "spool")}
	err := errors.Join(os.RemoveAll(e.spool), os.MkdirAll(e.spool, 0o755), os.MkdirAll(e.dir, 0o755))
	if err != nil {
		return nil, fmt.Errorf("making the data directory: %w", err)
	}
	if e.lib, err = loadLibrary(lib); err != nil {
		return nil, err
	}
	if e.anchor, err = e.lib.open(e.dir); err != nil {
		return nil, err
	}
	err = e.anchor.query([]byte("SELECT version()"), "TSVRaw", func(result []byte) error {
		e.version = strings.TrimSpace(string(result))
		return nil
	})
	if err != nil {
		e.anchor.close()
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
	sql := s.sql
	if i, ok := splitInsert(sql); ok {
		var remove func()
		if sql, remove, err = i.fromFile(e.spool); err != nil {
			return err
		}
		defer remove()
	}
	return c.query(sql, s.format, use)
}
