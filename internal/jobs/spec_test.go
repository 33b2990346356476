package jobs

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestComplete(t *testing.T) {
	for _, kind := range Kinds() {
		spec := NewSpec(kind)
		spec.Interval = 90 * time.Second
		spec = spec.Complete()
		require.Equal(t, 30*time.Second, spec.Timeout)
		if kind == SQLToRedis || kind == TrendingFallback {
			require.Equal(t, 3*time.Minute, spec.TTL, "twice the interval")
		} else {
			require.Zero(t, spec.TTL)
		}
		spec = NewSpec(kind)
		spec.Interval, spec.TTL = 10*time.Second, 7*time.Second
		spec = spec.Complete()
		require.Equal(t, []time.Duration{10 * time.Second, 7 * time.Second}, []time.Duration{spec.Timeout, spec.TTL})
	}
}

func TestValidate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "q.sql")
	require.NoError(t, os.WriteFile(file, []byte("SELECT 1;\n"), 0o600))
	good := func(kind string, change func(*Spec)) Spec {
		s := NewSpec(kind)
		if kind == SQLToRedis {
			s.Key, s.SQL = "k", "SELECT 1"
		}
		s = s.Complete()
		change(&s)
		return s
	}
	for _, kind := range Kinds() {
		require.NoError(t, Specs{"a-job_2": good(kind, func(*Spec) {})}.Validate())
	}
	fromFile := good(SQLToRedis, func(s *Spec) { s.SQL, s.SQLFile = "", file })
	require.NoError(t, Specs{"j": fromFile}.Validate())
	query, err := fromFile.Query()
	require.NoError(t, err)
	require.Equal(t, "SELECT 1", query)
	for want, spec := range map[string]Spec{
		"jobs.j.kind must be one of reconciliation, sql_to_redis":     {Kind: "nope"},
		"jobs.j.interval must be at least 1s, is 0s":                  good(Reconciliation, func(s *Spec) { s.Interval = 0 }),
		"jobs.j.timeout must be from 1ms to interval (5m0s), is 6m0s": good(Reconciliation, func(s *Spec) { s.Timeout = 6 * time.Minute }),
		"jobs.j.retries must be from 0 to 20, is -1":                  good(Reconciliation, func(s *Spec) { s.Retries = -1 }),
		"jobs.j.max_rows must be from 1 to 100000, is 0":              good(SQLToRedis, func(s *Spec) { s.MaxRows = 0 }),
		`jobs.j.key must be 1 to 512 visible ASCII characters, is ""`: good(SQLToRedis, func(s *Spec) { s.Key = "" }),
		`jobs.j.key must not begin with one of ["feed:" "nova:job:" "nova:job-runs" "nova:cache:trending:" "nova:cache:suggested_users:"], where others write, is "feed:seen:u"`: good(SQLToRedis, func(s *Spec) { s.Key = "feed:seen:u" }),
		"jobs.j.ttl must be at least 1s, is 1ms":                           good(TrendingFallback, func(s *Spec) { s.TTL = time.Millisecond }),
		"jobs.j.sql or sql_file must be given, one of them":                good(SQLToRedis, func(s *Spec) { s.SQLFile = file }),
		"jobs.j.sql must be a query, is empty":                             good(SQLToRedis, func(s *Spec) { s.SQL = " ; " }),
		"jobs.j.sql must not say FORMAT":                                   good(SQLToRedis, func(s *Spec) { s.SQL = "SELECT 1 FORMAT JSON" }),
		"jobs.j.sql_file: reading the query: open /nowhere/x.sql: no such": good(SQLToRedis, func(s *Spec) { s.SQL, s.SQLFile = "", "/nowhere/x.sql" }),
		"jobs.j.hours must be from 1 to 168, is 169":                       good(TrendingFallback, func(s *Spec) { s.Hours = 169 }),
		"jobs.j.limit must be from 1 to 100, is 101":                       good(TrendingFallback, func(s *Spec) { s.Limit = 101 }),
		"jobs.j.users must be from 1 to 1000, is 0":                        good(SuggestionWarmup, func(s *Spec) { s.Users = 0 }),
		"jobs.j.since must be at least 1m, is 1s":                          good(SuggestionWarmup, func(s *Spec) { s.Since = time.Second }),
		"jobs.j.max_age must be at least 1s, is 0s":                        good(ViewFreshness, func(s *Spec) { s.MaxAge = 0 }),
	} {
		require.ErrorContains(t, Specs{"j": spec}.Validate(), want)
	}
	ok := good(Reconciliation, func(*Spec) {})
	require.ErrorContains(t, Specs{"Two words": ok}.Validate(), `is "Two words"`)
	require.ErrorContains(t, Specs{"views": ok}.Validate(), "by themselves")
	fallback := good(TrendingFallback, func(*Spec) {})
	require.ErrorContains(t, Specs{"a": fallback, "b": fallback}.Validate(), "jobs.b.key must be of no other job, is that of a")
}
