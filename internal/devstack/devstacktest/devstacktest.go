// Package devstacktest starts an embedded stack for a test and stops it with the test.
package devstacktest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
)

// stopTimeout bounds the wait for requests in flight when a test ends.
const stopTimeout = 30 * time.Second

// Start starts devstack.DefaultConfig, altered by options, and stops it when the test ends. The servers' warnings and
// the progress of downloads go to the test's log.
func Start(tb testing.TB, options ...func(*devstack.Config)) *devstack.Stack {
	tb.Helper()
	cfg := devstack.DefaultConfig()
	cfg.Logger = slog.New(slog.NewTextHandler(tb.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	cfg.Progress = func(line string) { tb.Log(line) }
	for _, o := range options {
		o(&cfg)
	}
	stack, err := devstack.Start(tb.Context(), cfg)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
		defer cancel()
		require.NoError(tb, stack.Close(ctx))
	})
	return stack
}

// Without leaves parts out: devstacktest.Start(t, devstacktest.Without(devstack.ClickHouse)).
func Without(parts devstack.Part) func(*devstack.Config) {
	return func(c *devstack.Config) { c.Without |= parts }
}

// Only starts nothing but parts.
func Only(parts devstack.Part) func(*devstack.Config) {
	return func(c *devstack.Config) { c.Without = ^parts }
}

// DataDir keeps the data of the parts in dir, which outlives the stack.
func DataDir(dir string) func(*devstack.Config) {
	return func(c *devstack.Config) { c.DataDir = dir }
}
