package devstack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"strings"
)

// clickhouse is a ClickHouse server in a child process, whichever of the two it is.
type clickhouse struct {
	addr  string // host:port of the HTTP interface
	child *child
}

// startClickHouse starts `clickhouse server` if there is one, else chdb-server, and returns when it answers.
func startClickHouse(ctx context.Context, cfg Config, dir string, t *Timings) (*clickhouse, error) {
	log := cfg.Logger.With("part", "clickhouse")
	if program, err := exec.LookPath("clickhouse"); err == nil {
		defer timed(&t.ClickHouse)()
		c, err := startClickHouseServer(ctx, program, cfg.ClickHouseAddr, dir, log)
		if err != nil {
			return nil, fmt.Errorf("starting ClickHouse (%s): %w", program, err)
		}
		return c, nil
	}
	c, err := startChDB(ctx, cfg, dir, log, t)
	if err != nil {
		return nil, fmt.Errorf("starting ClickHouse (chDB): %w", err)
	}
	return c, nil
}

func startChDB(ctx context.Context, cfg Config, dir string, log *slog.Logger, t *Timings) (*clickhouse, error) {
	download := timed(&t.Download)
	lib, err := chdbLibrary(ctx, cfg.CacheDir, cfg.Progress)
	download()
	if err != nil {
		return nil, err
	}
	build := timed(&t.Build)
	program, err := chdbServer(ctx, cfg.CacheDir, cfg.Progress)
	build()
	if err != nil {
		return nil, err
	}
	defer timed(&t.ClickHouse)()
	command := exec.CommandContext(context.WithoutCancel(ctx), program, "--lib", lib, "--data-dir", dir, "--addr", cfg.ClickHouseAddr, "--stop-with-stdin")
	child, err := startChild(command, log)
	if err != nil {
		return nil, err
	}
	line, err := child.firstLine(ctx)
	if err != nil {
		return nil, errors.Join(err, child.kill())
	}
	const before, after = "chdb-server: listening on ", ", ClickHouse "
	rest, ok := strings.CutPrefix(line, before)
	addr, version, ok2 := strings.Cut(rest, after)
	if !ok || !ok2 {
		return nil, errors.Join(fmt.Errorf("%s says %q instead of where it listens", program, line), child.kill())
	}
	log.InfoContext(ctx, "ClickHouse is ready", "engine", "chDB", "version", version, "addr", addr)
	return &clickhouse{addr, child}, nil
}

func (c *clickhouse) stop(ctx context.Context) error { return c.child.stop(ctx) }
