package devstack

import (
	"context"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func silent() *slog.Logger { return slog.New(slog.DiscardHandler) }

// wrapped starts a shell script under stop_with_stdin.sh. The script prints its pid when it is ready.
func wrapped(t *testing.T, script string) (c *child, pid int) {
	t.Helper()
	c, err := startChild(exec.Command("/bin/sh", "-c", stopWithStdin, "sh", "/bin/sh", "-c", script), silent())
	require.NoError(t, err)
	line, err := c.firstLine(t.Context())
	require.NoError(t, err)
	pid, err = strconv.Atoi(line)
	require.NoError(t, err)
	return c, pid
}

func gone(pid int) bool { return syscall.Kill(pid, 0) == syscall.ESRCH }

func TestWrappedServerStopsInPeace(t *testing.T) {
	c, pid := wrapped(t, `trap 'sleep 0.2; exit 0' TERM; echo $$; while :; do sleep 0.01; done`)
	require.NoError(t, c.stop(t.Context()))
	require.True(t, gone(pid))
}

func TestWrappedServerStopsWithStandardInput(t *testing.T) {
	c, pid := wrapped(t, `echo $$; exec sleep 100`)
	require.NoError(t, c.stdin.Close())
	require.Eventually(t, func() bool { return gone(pid) }, 5*time.Second, 5*time.Millisecond)
	<-c.ended
	require.ErrorContains(t, c.stop(t.Context()), "had ended by itself")
}

func TestWrappedServerIsKilledInTheEnd(t *testing.T) {
	c, pid := wrapped(t, `trap '' TERM; echo $$; while :; do sleep 0.01; done`)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	require.ErrorContains(t, c.stop(ctx), "killed it")
	require.Eventually(t, func() bool { return gone(pid) }, 5*time.Second, 5*time.Millisecond)
}

func TestWrappedServersExitCodeIsSeen(t *testing.T) {
	c, err := startChild(exec.Command("/bin/sh", "-c", stopWithStdin, "sh", "/bin/sh", "-c", "echo no such port >&2; exit 7"), silent())
	require.NoError(t, err)
	_, err = c.firstLine(t.Context())
	require.ErrorContains(t, err, "exit status 7): no such port")
	require.Error(t, c.stop(t.Context()))
}

// TestClickHouseServerIsPreferred puts a program named clickhouse on the PATH that serves its configured port.
func TestClickHouseServerIsPreferred(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin & co")
	require.NoError(t, os.Mkdir(bin, 0o755))
	script := `#!/bin/sh
[ "$1 $2" = "server --config-file" ] || exit 9
port=$(sed -n 's:.*<http_port>\(.*\)</http_port>.*:\1:p' "$3")
exec "$TEST_BINARY" "$port"
`
	require.NoError(t, os.WriteFile(filepath.Join(bin, "clickhouse"), []byte(script), 0o755))
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	self, err := os.Executable()
	require.NoError(t, err)
	t.Setenv("TEST_BINARY", self)
	t.Setenv("DEVSTACK_TEST_PING", "1")

	cfg := DefaultConfig()
	cfg.Without = ^ClickHouse
	cfg.DataDir = filepath.Join(dir, "data & more")
	stack, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	require.NotContains(t, stack.ClickHouseAddr(), ":0")
	config, err := os.ReadFile(filepath.Join(cfg.DataDir, "clickhouse", "config.xml"))
	require.NoError(t, err)
	require.Contains(t, string(config), "<path>"+strings.ReplaceAll(cfg.DataDir, "&", "&amp;")+"/clickhouse/data/</path>")
	require.NoError(t, stack.Close(t.Context()))
}

func TestDataDirIsForOneStack(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Without, cfg.DataDir = ^Redis, t.TempDir()
	first, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	_, err = Start(t.Context(), cfg)
	require.ErrorIs(t, err, errLocked)
	require.ErrorContains(t, err, cfg.DataDir)
	require.NoError(t, first.Close(t.Context()))
	again, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	require.NoError(t, again.Close(t.Context()))
}

func TestStartStopsAllWhenAPartFails(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Without = ^(Kafka | Redis | Registry)
	first, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, first.Close(t.Context())) }()
	cfg.RedisAddr = first.RedisAddr()
	_, err = Start(t.Context(), cfg)
	require.ErrorContains(t, err, "starting Redis on "+first.RedisAddr())
}

func TestTemporaryDataDirIsRemoved(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Without = ^Kafka
	stack, err := Start(t.Context(), cfg)
	require.NoError(t, err)
	require.DirExists(t, stack.DataDir())
	require.NoError(t, stack.Close(t.Context()))
	require.NoDirExists(t, stack.DataDir())
	require.NoError(t, stack.Close(t.Context()))
}

func TestConfigValidate(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for want, change := range map[string]func(*Config){
		`KafkaAddr must be host:port, is "9092"`:            func(c *Config) { c.KafkaAddr = "9092" },
		`RegistryAddr must be host:port, is ":8081"`:        func(c *Config) { c.RegistryAddr = ":8081" },
		`RedisAddr must be host:port, is ""`:                func(c *Config) { c.RedisAddr = "" },
		`ClickHouseAddr must be host:port, is "localhost:"`: func(c *Config) { c.ClickHouseAddr = "localhost:" },
		`CacheDir must be a directory when ClickHouse runs`: func(c *Config) { c.CacheDir = "" },
		`Logger and Progress must be set, one is nil`:       func(c *Config) { c.Logger = nil },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		require.ErrorContains(t, cfg.Validate(), want)
	}
	cfg := DefaultConfig()
	cfg.Without, cfg.CacheDir, cfg.ClickHouseAddr = ClickHouse, "", ""
	require.NoError(t, cfg.Validate())
}
