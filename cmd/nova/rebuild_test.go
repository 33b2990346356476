package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/tables"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// A table that was taken away is built again from what the input holds, and what its group says again is counted nowhere
// twice. With --skip it stays empty.
func TestRebuild_builds_the_same_table(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cluster := []string{"--brokers=" + strings.Join(stack.Brokers(), ","), "--set=kafka.prefix=try-", "--set=kafka.partitions=2"}
	with := func(args ...string) []string { return append(args, cluster...) }
	var log testbuffer.Buffer
	start := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- run(ctx, with("run", "--roles=processors", "--groups=dedup,reactions,scores", "--http-addr=127.0.0.1:0", "--registry="+stack.RegistryURL()), nil, &log, &log)
		}()
		return func() { cancel(); require.NoError(t, <-ended, "%s", &log) }
	}
	type row struct {
		Lifetime map[string]int64
		Buckets  []json.RawMessage
	}
	counts := func(post string) (row, error) {
		var found struct{ Row row }
		out, err := nova(t, with("tables", "get", "scores", post)...)
		if err == nil {
			err = json.Unmarshal([]byte(out), &found)
		}
		return found.Row, err
	}
	behind := func() int64 {
		var lag struct {
			Groups []struct {
				Group string
				Lag   int64
			}
		}
		out, err := nova(t, with("lag", "--json")...)
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal([]byte(out), &lag))
		n := int64(0)
		for _, g := range lag.Groups {
			if g.Group == "dedup" || g.Group == "reactions" || g.Group == "scores" {
				n += g.Lag
			}
		}
		return n
	}
	var lines []string
	for n := range 400 {
		lines = append(lines, fmt.Sprintf(`{"event_id":"e%d","ts":%d,"user_id":"u%d","post_id":"p%d","action":%q}`,
			n/2, 1000+n/2, n/2%17, n/2%5, []string{"view", "like", "share", "comment"}[n/2%4]))
	}
	file := filepath.Join(t.TempDir(), "events.jsonl")
	require.NoError(t, os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600))
	_, err := nova(t, with("topics", "provision")...)
	require.NoError(t, err)
	_, err = nova(t, with("load", "events", file, "--shift-to-now")...)
	require.NoError(t, err)

	drained := func() {
		t.Helper()
		require.Eventually(t, func() bool { return behind() == 0 }, 30*time.Second, 100*time.Millisecond, "%s", &log)
	}
	stop := start()
	drained()
	_, err = nova(t, with("tables", "rebuild", "scores")...)
	require.ErrorIs(t, err, tables.ErrRunning)
	stop()
	before := map[string]row{}
	views := int64(0)
	for n := range 5 {
		post := fmt.Sprintf("p%d", n)
		before[post], err = counts(post)
		require.NoError(t, err)
		views += before[post].Lifetime["views"]
	}
	require.EqualValues(t, 50, views)

	out, err := nova(t, with("tables", "rebuild", "dedup", "scores")...)
	require.NoError(t, err)
	require.Equal(t, "dedup begins anew when it is started\nscores begins anew when it is started\n", out)
	require.Positive(t, behind())
	stop = start()
	drained()
	stop()
	for post, want := range before {
		got, err := counts(post)
		require.NoError(t, err)
		require.Equal(t, want, got, post)
	}

	_, err = nova(t, with("tables", "rebuild", "scores", "--skip")...)
	require.NoError(t, err)
	require.Zero(t, behind())
	stop = start()
	drained()
	stop()
	_, err = counts("p0")
	require.ErrorIs(t, err, tables.ErrNoRow)
	_, err = nova(t, with("tables", "rebuild", "cdc-posts")...)
	require.ErrorIs(t, err, tables.ErrNoGroup)
}
