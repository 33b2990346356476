package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// The command ends with 0 while all is balanced, with 1 when a row is gone, which it names, and with 2 when it cannot tell.
func TestReconcile_ends_with_what_it_found(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Without(devstack.Redis))
	servers := []string{"--brokers=" + strings.Join(stack.Brokers(), ","), "--registry=" + stack.RegistryURL(), "--clickhouse=" + stack.ClickHouseAddr(), "--set=kafka.partitions=2"}
	_, err := nova(t, "migrate", servers[2])
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "events.jsonl")
	var events bytes.Buffer
	for i := range 20 {
		fmt.Fprintf(&events, `{"event_id":"e%d","ts":%d,"user_id":"u%d","post_id":"p","action":"view"}`+"\n", i%15, 1000+i%15, i%5)
	}
	require.NoError(t, os.WriteFile(file, events.Bytes(), 0o600))

	ctx, stop := context.WithCancel(t.Context())
	var stderr testbuffer.Buffer
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, append([]string{"run", "--roles=processors,sinks", "--http-addr=127.0.0.1:0", "--set=reconcile.interval=200ms"}, servers...), nil, io.Discard, &stderr)
	}()
	require.Eventually(t, func() bool {
		_, err := nova(t, "load", "events", file, "--shift-to-now", servers[0])
		return err == nil
	}, 20*time.Second, 100*time.Millisecond, "%s", &stderr)

	report := func() (r reconcile.Report, err error) {
		out, err := nova(t, append([]string{"reconcile", "--format=json"}, servers...)...)
		require.NoError(t, json.Unmarshal([]byte(out), &r), out)
		return r, err
	}
	var hour time.Time // of the last record: a full hour may begin between two of them
	require.Eventually(t, func() bool {
		r, err := report()
		require.NoError(t, err)
		var sum reconcile.Hour
		for _, h := range r.Hours {
			sum.In, sum.Rows, sum.Dead, sum.Repeats = sum.In+h.In, sum.Rows+h.Rows, sum.Dead+h.Dead, sum.Repeats+h.Repeats
			if h.In > 0 {
				hour = h.Hour
			}
		}
		return r.Balanced && r.Open == 0 && sum == reconcile.Hour{In: 20, Rows: 15, Repeats: 5}
	}, 20*time.Second, 100*time.Millisecond)
	out, err := nova(t, append([]string{"reconcile", "--hour", hour.Format(time.RFC3339)}, servers...)...)
	require.NoError(t, err)
	require.Regexp(t, `(?m)^`+hour.Format(time.RFC3339)+` +[01] +\d+ +\d+ +0 +\d+$`, out)
	require.True(t, strings.HasSuffix(out, "\nopen: 0 on their way\nbalanced\n"), out)

	devstacktest.Query(t, stack, "nova", "ALTER TABLE post_events DELETE WHERE event_id = 'e7' SETTINGS mutations_sync = 2")
	r, err := report()
	require.ErrorIs(t, err, errDiffers)
	require.Equal(t, 1, exitCode(err))
	require.False(t, r.Balanced)
	require.EqualValues(t, 1, r.Differences()[reconcile.LostEvents])
	require.Eventually(t, func() bool { return strings.Contains(stderr.String(), "events, rows and accounting differ") }, 10*time.Second, 50*time.Millisecond, "the job finds it, too")

	var stdout, said bytes.Buffer
	away := append(append([]string{"reconcile"}, servers...), "--clickhouse=127.0.0.1:1", "--set=clickhouse.user=somebody", "--set=clickhouse.password=secret")
	err = run(t.Context(), away, nil, &stdout, &said)
	require.Equal(t, exitAway, exitCode(err))
	line := "ClickHouse does not answer: inserts, hours, totals and views are not compared (asking ClickHouse: "
	require.True(t, strings.HasPrefix(said.String(), "nova: "+line), &said)
	require.Equal(t, 1, strings.Count(said.String(), "\n"))
	require.Contains(t, said.String(), "127.0.0.1:1: connect: connection refused)")
	require.Regexp(t, `(?m)^dedup +20 +15 +5 +0 +0 +0 +0 +0$`, stdout.String())
	require.Contains(t, stdout.String(), "\n"+line)
	require.True(t, strings.HasSuffix(stdout.String(), "\nnot compared with ClickHouse\n"), &stdout)
	for _, no := range []string{"somebody", "secret", "?"} {
		require.NotContains(t, said.String()+stdout.String()+err.Error(), no)
	}
	_, err = nova(t, append([]string{"reconcile", "--set=clickhouse.database=nowhere"}, servers...)...)
	require.Equal(t, exitAway, exitCode(err))
	_, err = nova(t, append(append([]string{"reconcile"}, servers...), "--brokers=127.0.0.1:1")...)
	require.Equal(t, exitNoComparison, exitCode(err))
	for _, wrong := range [][]string{{"--format=xml"}, {"--since=1m"}} {
		_, err = nova(t, append([]string{"reconcile"}, wrong...)...)
		require.Equal(t, exitUsage, exitCode(err), wrong)
	}
	stop()
	require.NoError(t, <-ended)
}

// What is wrong with --hour is said of --hour.
func TestReconcile_hour(t *testing.T) {
	now := time.Date(2026, 11, 28, 16, 20, 0, 0, time.UTC)
	for _, good := range []string{"2026-11-28T16:00:00Z", "2026-11-28T16", "2026-11-28T18:00:00+02:00"} {
		hour, err := parseHour(good, now)
		require.NoError(t, err)
		require.Equal(t, now.Truncate(time.Hour), hour)
	}
	for _, wrong := range []string{"noon", "2026-11-28T15:30:00Z", "2020-01-01T00", "2026-11-28T17"} {
		_, err := parseHour(wrong, now)
		require.ErrorContains(t, err, "--hour must ")
		require.ErrorContains(t, err, wrong)
	}
	_, err := nova(t, "reconcile", "--hour=2020-01-01T00")
	require.EqualError(t, err, `--hour must lie within the last 168h0m0s, is "2020-01-01T00"`)
	require.Equal(t, exitUsage, exitCode(err))
}
