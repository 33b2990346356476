package devstack_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// serverPID finds the chdb-server of a data directory; there must be one.
func serverPID(t *testing.T, dataDir string) int {
	t.Helper()
	if path, err := exec.LookPath("clickhouse"); err == nil {
		t.Skipf("%s runs instead of chdb-server", path)
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Skip("this test finds processes in /proc")
	}
	var pids []int
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		args, err := os.ReadFile(filepath.Join("/proc", e.Name(), "cmdline"))
		if err == nil && strings.Contains(string(args), "--data-dir\x00"+filepath.Join(dataDir, "clickhouse")+"\x00") {
			pids = append(pids, pid)
		}
	}
	require.Len(t, pids, 1)
	return pids[0]
}

func TestClickHouseKeepsAcknowledgedInsertsOverSIGKILL(t *testing.T) {
	dir := t.TempDir()
	const rowsPerInsert = 5000
	acknowledged := 0
	for life := range 3 {
		cfg := devstack.DefaultConfig()
		cfg.Without, cfg.DataDir = ^devstack.ClickHouse, dir
		stack, err := devstack.Start(t.Context(), cfg)
		require.NoError(t, err)
		conn := open(t, stack, compressed(clickhouse.CompressionLZ4))
		if life == 0 {
			createTables(t, conn)
		}
		// At most the insert in flight at the kill is there without being acknowledged.
		rows := readEvents(t, conn)
		require.Contains(t, []int{acknowledged, acknowledged + rowsPerInsert}, len(rows))
		require.Equal(t, events(0, len(rows)), rows)
		acknowledged = len(rows)

		pid := serverPID(t, dir)
		var kill *time.Timer
		for {
			if err := send(t.Context(), conn, events(acknowledged, rowsPerInsert)); err != nil {
				break
			}
			acknowledged += rowsPerInsert
			if kill == nil {
				kill = time.AfterFunc(time.Duration(300+50*life)*time.Millisecond, func() { _ = syscall.Kill(pid, syscall.SIGKILL) })
			}
		}
		require.NotNil(t, kill, "the first insert failed")
		require.False(t, kill.Stop(), "an insert failed before the kill")
		require.ErrorContains(t, stack.Close(t.Context()), "signal: killed")
	}
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse), devstacktest.DataDir(dir))
	require.GreaterOrEqual(t, len(readEvents(t, open(t, stack))), acknowledged)
}

// send is insert, with an error instead of a failed test.
func send(ctx context.Context, conn clickhouse.Conn, rows []event) (err error) {
	batch, err := conn.PrepareBatch(ctx, "INSERT INTO nova.events")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, batch.Close()) }()
	for i := range rows {
		if err := batch.AppendStruct(&rows[i]); err != nil {
			return err
		}
	}
	return batch.Send()
}

// stackProcess runs ClickHouse in dir, prints its address and waits to be killed.
func stackProcess(dir string) {
	cfg := devstack.DefaultConfig()
	cfg.Without, cfg.DataDir = ^devstack.ClickHouse, dir
	stack, err := devstack.Start(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	fmt.Println(stack.ClickHouseAddr())
	select {}
}

func TestClickHouseEndsWithItsParent(t *testing.T) {
	dir := t.TempDir()
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), "DEVSTACK_TEST_STACK_DIR="+dir)
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.NotEmpty(t, line)
	pid := serverPID(t, dir)

	require.NoError(t, program.Process.Kill())
	require.ErrorContains(t, program.Wait(), "signal: killed")
	require.Eventually(t, func() bool { return syscall.Kill(pid, 0) == syscall.ESRCH }, 5*time.Second, 10*time.Millisecond)
}

func TestCloseLeavesNoServerBehind(t *testing.T) {
	dir := t.TempDir()
	cfg := devstack.DefaultConfig()
	cfg.Without, cfg.DataDir = ^devstack.ClickHouse, dir
	stack, err := devstack.Start(t.Context(), cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, stack.Close(t.Context())) }()
	pid := serverPID(t, dir)
	require.NoError(t, stack.Close(t.Context()))
	require.Equal(t, syscall.ESRCH, syscall.Kill(pid, 0))
}
