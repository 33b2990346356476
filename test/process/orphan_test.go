package process

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const parentEnv = "PROCESS_TEST_PARENT"

// sleeper says when it is ready, and then does nothing.
func sleeper(dir string) *Process {
	return &Process{
		Name: "sleeper", Log: filepath.Join(dir, "log"),
		New: func(ctx context.Context) *exec.Cmd {
			return exec.CommandContext(ctx, "sh", "-c", "echo ready; exec sleep 60")
		},
		Ready: func(_ context.Context, said []byte) bool { return bytes.Contains(said, []byte("ready")) },
	}
}

// The child of TestProcess_ends_with_its_parent, which kills it.
func TestParent(t *testing.T) {
	dir := os.Getenv(parentEnv)
	if dir == "" {
		t.Skip("is another test's child")
	}
	p := sleeper(dir)
	require.NoError(t, p.Start(t.Context()))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pid.new"), []byte(strconv.Itoa(p.PID())), 0o600))
	require.NoError(t, os.Rename(filepath.Join(dir, "pid.new"), filepath.Join(dir, "pid")))
	time.Sleep(time.Minute)
}

func TestProcess_ends_with_its_parent(t *testing.T) {
	dir := t.TempDir()
	parent := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestParent$")
	parent.Env = append(os.Environ(), parentEnv+"="+dir)
	require.NoError(t, parent.Start())
	var pid string
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "pid"))
		pid = string(text)
		return err == nil
	}, 10*time.Second, 10*time.Millisecond)
	require.DirExists(t, "/proc/"+pid)
	require.NoError(t, parent.Process.Kill())
	require.Error(t, parent.Wait())
	require.Eventually(t, func() bool { return !runs(pid) }, 10*time.Second, 10*time.Millisecond)
}

// runs says whether a process is there and not only a record of how it ended.
func runs(pid string) bool {
	stat, err := os.ReadFile("/proc/" + pid + "/stat")
	return err == nil && !bytes.Contains(stat, []byte(") Z "))
}

func TestProcess_is_started_and_ended_once(t *testing.T) {
	p := sleeper(t.TempDir())
	require.EqualError(t, p.Kill(), "sleeper does not run")
	for _, end := range []func() error{p.Kill, p.Stop} { // what it said before does not count
		require.NoError(t, p.Start(t.Context()))
		require.EqualError(t, p.Start(t.Context()), "sleeper was started already")
		pid := strconv.Itoa(p.PID())
		require.True(t, runs(pid))
		require.NoError(t, end())
		require.False(t, runs(pid))
	}
	p.New = func(ctx context.Context) *exec.Cmd {
		return exec.CommandContext(ctx, "sh", "-c", "echo no port; exit 3")
	}
	require.EqualError(t, p.Start(t.Context()), "sleeper ended by itself (exit status 3); it said:\nready\nready\nno port\n")
	require.False(t, p.Started())
}
