package chaos

import (
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// A ClickHouse whose disk is full takes no rows: the sink waits with its breaker open, all else goes on. Where there is
// room again, it goes on by itself, and every row and view is exact.
func TestSinks_wait_for_room(t *testing.T) {
	skipShort(t)
	dir := t.TempDir()
	disk := filepath.Join(dir, "clickhouse")
	mountSmall(t, disk)
	w := newWorld(t, 1, app.Sinks, nil, devstacktest.DataDir(dir))
	w.createView()
	w.perSecond = 300
	w.feed("")
	w.start("a")
	require.Eventually(t, func() bool { return rowsInClickHouse(t, w.stack) > 0 }, 30*time.Second, 50*time.Millisecond, "no rows while there is room")

	ballast := filepath.Join(disk, "ballast")
	fill(t, ballast)
	require.Eventually(t, func() bool { return w.metric(`clickhouse_breaker_state{client="sink"}`) == "2" }, 30*time.Second, 20*time.Millisecond, "the breaker never opened")
	require.NotEmpty(t, w.metric(`clickhouse_query_errors{client="sink",kind="overloaded"}`))
	t.Log(w.metric(`clickhouse_query_errors{client="sink",kind="overloaded"}`), "refused for want of room")
	w.progress() // of the others
	w.pause(session)

	require.NoError(t, os.Remove(ballast))
	require.Eventually(t, func() bool { return w.metric(`clickhouse_breaker_state{client="sink"}`) == "0" }, 30*time.Second, 20*time.Millisecond, "the breaker never closed")
	w.endFeed()
	accounts := w.drain(w.truth.sent)
	w.requireExact(accounts)
	w.requireHours(raw)
	w.requireHours(byHour)
	w.requireRollUps()
}

// mountSmall makes dir a file system of its own, of 64 MiB, until the test ends.
func mountSmall(t *testing.T, dir string) {
	t.Helper()
	require.NoError(t, os.Mkdir(dir, 0o755))
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=64m")
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.ENODEV) {
		t.Skip("needs a small file system, and mounting one is not allowed here: run it as root")
	}
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
}

// left is what fill leaves of a disk: enough to hear of an insert, too little for the 1 MiB the engine wants for any part.
const left = 512 << 10

// fill writes a file until there is next to no room for more.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	n, err := io.Copy(f, zeros{})
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.Greater(t, n, int64(left))
	require.NoError(t, f.Truncate(n-left))
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// metric returns the value of a series of the role inside, "" if there is none.
func (w *world) metric(series string) string {
	w.t.Helper()
	return metricAt(w.t, w.addr, series)
}

// metricAt returns the value of a series of the process at an address, "" for none.
func metricAt(t *testing.T, addr, series string) string {
	t.Helper()
	for line := range strings.Lines(metricsAt(t, addr)) {
		if value, ok := strings.CutPrefix(line, series+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// metricsAt returns all metrics of the process at an address.
func metricsAt(t *testing.T, addr string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/metrics", nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}
