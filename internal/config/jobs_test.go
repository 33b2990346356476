package config

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/jobs"
)

const someJobs = `
jobs:
  top_likers:
    kind: sql_to_redis
    interval: 90s
    key: app:top_likers
    sql: "SELECT user_id FROM post_events LIMIT 3"
    retries: 0
  from_file:
    kind: sql_to_redis
    key: app:from_file
    sql_file: top.sql
    ttl: 1h
  fallback: {kind: trending_fallback, hours: 6, enabled: false}
  fresh:
    kind: view_freshness
    views: [post_stats_24h_mv, posts]
jobs_concurrency: 3
log: {level: warn}
`

func TestJobsOfAFile(t *testing.T) {
	path := write(t, someJobs)
	sql := filepath.Join(filepath.Dir(path), "top.sql")
	_, err := Load(Sources{File: path})
	require.ErrorContains(t, err, "jobs.from_file.sql_file: reading the query")
	require.NoError(t, os.WriteFile(sql, []byte("SELECT 1"), 0o600))
	e, err := Load(Sources{File: path})
	require.NoError(t, err)
	want := jobs.Specs{
		"top_likers": {
			Kind: "sql_to_redis", Enabled: true, Interval: 90 * time.Second, Timeout: 30 * time.Second, TTL: 3 * time.Minute,
			Key: "app:top_likers", SQL: "SELECT user_id FROM post_events LIMIT 3", MaxRows: 1000,
		},
		"from_file": {
			Kind: "sql_to_redis", Enabled: true, Interval: time.Minute, Timeout: 30 * time.Second, TTL: time.Hour, Retries: 3,
			Key: "app:from_file", SQLFile: sql, MaxRows: 1000,
		},
		"fallback": {
			Kind: "trending_fallback", Interval: time.Minute, Timeout: 30 * time.Second, TTL: 2 * time.Minute, Retries: 3,
			Key: "nova:cache:trending_fallback", Hours: 6, Limit: 50,
		},
		"fresh": {
			Kind: "view_freshness", Enabled: true, Interval: time.Minute, Timeout: 30 * time.Second, Retries: 3,
			Views: []string{"post_stats_24h_mv", "posts"}, MaxAge: 10 * time.Minute,
		},
	}
	require.Equal(t, want, e.Jobs)
	require.Equal(t, 3, e.JobsConcurrency)
	require.Equal(t, "WARN", e.Log.Level.String())

	var out bytes.Buffer
	require.NoError(t, e.WriteYAML(&out))
	again, err := Load(Sources{File: write(t, out.String())})
	require.NoError(t, err, out.String())
	require.Equal(t, e.Config, again.Config)

	for _, none := range []string{"jobs:", "jobs: {}", "jobs:\n  # all commented out\n"} {
		e, err = Load(Sources{File: write(t, none)})
		require.NoError(t, err)
		require.Nil(t, e.Jobs)
	}
}

func TestWhatIsWrongWithJobsIsNamed(t *testing.T) {
	for want, text := range map[string]string{
		"jobs must be jobs by name, is a []interface":                                             "jobs: [a]",
		"jobs.a must be settings of a job, is a string":                                           "jobs: {a: b}",
		"jobs.a.kind must be one of reconciliation, sql_to_redis":                                 "jobs: {a: {interval: 1m}}",
		"jobs.a.intervall is no setting of reconciliation; did you mean interval?":                "jobs: {a: {kind: reconciliation, intervall: 1m}}",
		"jobs.a.key is no setting of reconciliation, which takes [kind enabled interval timeout ": "jobs: {a: {kind: reconciliation, key: x}}",
		`jobs.a.interval: "60" is not a duration such as 30s`:                                     "jobs: {a: {kind: reconciliation, interval: 60}}",
		"jobs.a.interval must be at least 1s, is 10ms":                                            "jobs: {a: {kind: reconciliation, interval: 10ms}}",
		`is "a.b"`: `jobs: {"a.b": {kind: reconciliation}}`,
		"jobs_concurrency must be at least 1, is 0": "jobs_concurrency: 0",
	} {
		_, err := Load(Sources{File: write(t, text)})
		require.ErrorContains(t, err, want)
	}
	_, err := Load(Sources{Environ: []string{"NOVA_JOBS=x"}})
	require.ErrorContains(t, err, "NOVA_JOBS is no setting")
}
