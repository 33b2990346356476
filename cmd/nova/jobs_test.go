package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// Jobs of a file, changed while the program runs: one that is added runs, one that fails leaves a dead letter for each refresh
// that failed for good, and a file that does not hold changes nothing.
func TestJobs(t *testing.T) {
	o := newOperated(t)
	file := filepath.Join(t.TempDir(), "nova.yaml")
	says := func(text string) {
		require.NoError(t, os.WriteFile(file+".new", []byte(text), 0o600))
		require.NoError(t, os.Rename(file+".new", file))
	}
	says("jobs:\n  failing: {kind: sql_to_redis, interval: 5s, retries: 1, key: k, sql: SELECT a FROM nowhere}\n")
	addr, log, stop := o.jobs("jobs", file)
	metrics := func(pattern string) int { return metric(t, addr, pattern) }
	const dead, errs = `job_dead_total{job="failing"}`, `clickhouse_query_errors{client="refresh",kind="syntax"}`
	require.Eventually(t, func() bool { return metrics(dead) >= 0 }, 30*time.Second, 50*time.Millisecond)
	require.Eventually(t, func() bool { return metrics(dead) >= 2 }, 30*time.Second, 50*time.Millisecond)

	good := "jobs:\n  works: {kind: sql_to_redis, interval: 1s, key: app:works, sql: SELECT 7 AS seven}\n"
	changed := time.Now()
	says(good)
	client := redis.NewClient(&redis.Options{Addr: o.stack.RedisAddr()})
	defer client.Close()
	require.Eventually(t, func() bool { return client.Get(t.Context(), "app:works").Val() == "[{\"seven\":7}]\n" }, 15*time.Second, 20*time.Millisecond, "%s", log)
	t.Logf("after %v", time.Since(changed))
	n := metrics(dead)
	require.Equal(t, n, metrics(errs)/2, "each refresh failed in both its tries")
	require.Equal(t, n, metrics(`job_refresh_total{job="failing",kind="sql_to_redis",result="error"}`))
	letters := o.nova("dlq", "list", "--registry="+o.stack.RegistryURL())
	require.Equal(t, n, strings.Count(letters, "job_failed"), letters)
	about := regexp.MustCompile(`job:failing/0/\d+`).FindString(letters)
	shown := o.nova("dlq", "show", about, "--registry="+o.stack.RegistryURL())
	require.Regexp(t, `(?s)reason:   job_failed\ndetail:   .*nowhere.*key:      failing\n.*"job":"failing","kind":"sql_to_redis".*"tries":2`, shown)

	says("jobs:\n  works: {kind: nope}\n")
	require.Eventually(t, func() bool { return metrics("job_config_refused") == 1 }, 15*time.Second, 50*time.Millisecond)
	require.Equal(t, 1, strings.Count(log.String(), "is refused"), "it is told once")
	ok := `job_refresh_total{job="works",kind="sql_to_redis",result="ok"}`
	before := metrics(ok)
	require.Eventually(t, func() bool { return metrics(ok) >= before+2 }, 10*time.Second, 50*time.Millisecond, "the old job goes on")
	says(good)
	require.Eventually(t, func() bool { return metrics("job_config_refused") == 0 }, 15*time.Second, 50*time.Millisecond)
	const works = `\{"name":"works","kind":"sql_to_redis","last_run":"[^"]+","took_seconds":[\d.]+,"result":"ok","process":"[^"]+",`
	require.Regexp(t, works+`"next":"[^"]+","runs":\[\{`, fetch(t, addr, "/v1/status"))
	other, _, end := o.jobs("seen", file)
	require.Regexp(t, works+`"runs":\[\{`, fetch(t, other, "/v1/status"), "a process without jobs shows them")
	end()
	stop()
}

// The comparison as a named job: it succeeds while all is equal, and a difference is a failed run that ends in jobs-dlq. Its
// one run of the hour is made when it is new, and when it is changed.
func TestJobs_reconciliation(t *testing.T) {
	o := newOperated(t)
	dir := t.TempDir()
	events, file := filepath.Join(dir, "events.jsonl"), filepath.Join(dir, "nova.yaml")
	says := func(jobs string) {
		require.NoError(t, os.WriteFile(file, []byte("reconcile: {interval: 0s}\n"+jobs), 0o600))
	}
	says("")
	addr, log, stop := o.jobs("processors,sinks,jobs", file)
	require.Eventually(t, func() bool { return strings.Contains(fetch(t, addr, "/health/ready"), `"ready"`) }, 60*time.Second, 50*time.Millisecond, "%s", log)
	var lines strings.Builder
	const n = 20
	for i := range n {
		fmt.Fprintf(&lines, `{"event_time":%q,"user_id":"u%d","post_id":"p","action":"view"}`+"\n", time.Now().UTC().Format(time.RFC3339), i)
	}
	require.NoError(t, os.WriteFile(events, []byte(lines.String()), 0o600))
	o.nova("load", "events", events)
	rows := func() any {
		return devstacktest.Query(t, o.stack, "nova", "SELECT toUInt32(count()) AS n FROM post_events")[0]["n"]
	}
	require.Eventually(t, func() bool { return rows() == float64(n) }, 60*time.Second, 100*time.Millisecond, "%s", log)

	runs := func() [3]int {
		runs := `job_refresh_total{job="nightly",kind="reconciliation",result=`
		return [3]int{metric(t, addr, runs+`"ok"}`), metric(t, addr, runs+`"error"}`), metric(t, addr, `job_dead_total{job="nightly"}`)}
	}
	says("jobs:\n  nightly: {kind: reconciliation, interval: 1h, timeout: 2m, retries: 0}\n")
	require.Eventually(t, func() bool { return runs() == [3]int{1, 0, 0} }, 60*time.Second, 100*time.Millisecond, "%s", log)
	devstacktest.Query(t, o.stack, "nova", "ALTER TABLE post_events DELETE WHERE user_id = 'u7' SETTINGS mutations_sync = 2")
	says("jobs:\n  nightly: {kind: reconciliation, interval: 1h, timeout: 3m, retries: 0}\n")
	require.Eventually(t, func() bool { return runs() == [3]int{1, 1, 1} }, 60*time.Second, 100*time.Millisecond, "%s", log)
	stop()
	letters := o.nova("dlq", "list", "--registry="+o.stack.RegistryURL())
	about := regexp.MustCompile(`job:nightly/0/\d+`).FindString(letters)
	shown := o.nova("dlq", "show", about, "--registry="+o.stack.RegistryURL())
	require.Regexp(t, `(?s)reason:   job_failed\ndetail:   \d+ differences, the first: .* 1 rows: .*"kind":"reconciliation".*"tries":1`, shown)
}

// jobs runs some roles with a configuration until stop, and returns where they answer.
func (o *operated) jobs(roles, file string) (addr string, log *testbuffer.Buffer, stop func()) {
	o.t.Helper()
	ctx, cancel := context.WithCancel(o.t.Context())
	log = &testbuffer.Buffer{}
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, append([]string{
			"run", "--roles=" + roles, "--config=" + file, "--http-addr=127.0.0.1:0", "--registry=" + o.stack.RegistryURL(),
			"--clickhouse=" + o.stack.ClickHouseAddr(), "--set=redis.url=redis://" + o.stack.RedisAddr(),
		}, o.cluster...), nil, io.Discard, log)
	}()
	require.Eventually(o.t, func() bool {
		if m := regexp.MustCompile(`http=(\S+)`).FindStringSubmatch(log.String()); m != nil {
			addr = m[1]
		}
		return addr != ""
	}, 30*time.Second, 20*time.Millisecond)
	return addr, log, func() {
		cancel()
		require.NoError(o.t, <-done)
	}
}

func fetch(t *testing.T, addr, path string) string {
	t.Helper()
	res, err := http.Get("http://" + addr + path)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// metric returns the value of a series, -1 if there is none.
func metric(t *testing.T, addr, series string) int {
	t.Helper()
	m := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(series) + ` (\d+)`).FindStringSubmatch(fetch(t, addr, "/metrics"))
	if m == nil {
		return -1
	}
	n, err := strconv.Atoi(m[1])
	require.NoError(t, err)
	return n
}
