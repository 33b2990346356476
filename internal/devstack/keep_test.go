package devstack_test

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

func TestKeep_starts_ClickHouse_again(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse), devstacktest.DataDir(dir))
	ctx, cancel := context.WithCancel(t.Context())
	kept := make(chan error, 1)
	go func() { kept <- stack.Keep(ctx) }()
	conn := open(t, stack)
	createTables(t, conn)
	rows := events(0, 100)
	insert(t.Context(), t, conn, rows)

	pid := serverPID(t, dir)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool { return conn.Ping(t.Context()) == nil }, 30*time.Second, 50*time.Millisecond)
	require.NotEqual(t, pid, serverPID(t, dir))
	require.Equal(t, rows, readEvents(t, conn))
	cancel()
	require.NoError(t, <-kept)
}

// A server that cannot be started again is given up, with the reason.
func TestKeep_gives_up(t *testing.T) {
	t.Parallel()
	cfg := devstack.DefaultConfig()
	cfg.Without, cfg.DataDir = ^devstack.ClickHouse, t.TempDir()
	stack, err := devstack.Start(t.Context(), cfg)
	require.NoError(t, err)
	kept := make(chan error, 1)
	go func() { kept <- stack.Keep(t.Context()) }()
	require.NoError(t, syscall.Kill(serverPID(t, cfg.DataDir), syscall.SIGKILL))
	var taken net.Listener
	require.Eventually(t, func() bool {
		taken, err = new(net.ListenConfig).Listen(t.Context(), "tcp", stack.ClickHouseAddr())
		return err == nil
	}, time.Second, 10*time.Millisecond)
	defer taken.Close()
	require.ErrorContains(t, <-kept, "starting ClickHouse again after it had ended by itself (signal: killed)")
	require.ErrorContains(t, stack.Close(t.Context()), "had ended by itself")
}
