package main

import (
	"bytes"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// novaReading runs the program to its end with something on standard input.
func novaReading(t *testing.T, stdin string, args ...string) (stdout string, err error) {
	t.Helper()
	var out bytes.Buffer
	root := (&program{stdout: &out, stderr: io.Discard}).root()
	root.SetArgs(args)
	root.SetIn(strings.NewReader(stdin))
	err = root.ExecuteContext(t.Context())
	return out.String(), err
}

func TestSQL(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	at := "--clickhouse=" + stack.ClickHouseAddr()
	out, err := nova(t, "migrate", at)
	require.NoError(t, err)
	require.Contains(t, out, "applied 0001_post_events.sql\n")

	const query = "SELECT number AS n, toString(number * 10) AS ten FROM numbers(3);\n"
	for format, want := range map[string]string{
		"table": "n  ten\n0  0\n1  10\n2  20\n",
		"tsv":   "n\tten\n0\t0\n1\t10\n2\t20\n",
		"csv":   "n,ten\n0,0\n1,10\n2,20\n",
		"json":  `{"n":0,"ten":"0"}` + "\n" + `{"n":1,"ten":"10"}` + "\n" + `{"n":2,"ten":"20"}` + "\n",
	} {
		out, err := nova(t, "sql", query, "--format", format, at)
		require.NoError(t, err)
		require.Equal(t, want, out, format)
	}
	file := filepath.Join(t.TempDir(), "q.sql")
	require.NoError(t, os.WriteFile(file, []byte("-- how many\n"+query), 0o600))
	fromFile, err := nova(t, "sql", "--file", file, at)
	require.NoError(t, err)
	fromStdin, err := novaReading(t, query, "sql", at)
	require.NoError(t, err)
	require.Equal(t, []string{"n  ten\n0  0\n1  10\n2  20\n", fromFile}, []string{fromStdin, fromStdin})
	out, err = nova(t, "sql", "SHOW TABLES LIKE 'post_e%nts'", at)
	require.NoError(t, err)
	require.Equal(t, "name\npost_events\n", out, "the database is that of the settings")

	out, err = nova(t, "sql", query, "--max-rows=2", "--format=csv", at)
	require.EqualError(t, err, "there are more than 2 rows, only these were written: --max-rows=0 writes all")
	require.Equal(t, exitFailed, exitCode(err))
	require.Equal(t, "n,ten\n0,0\n1,10\n", out)
	out, err = nova(t, "sql", "SELECT number FROM numbers(10001)", "--max-rows=0", "--format=csv", at)
	require.NoError(t, err)
	require.Equal(t, 10_002, strings.Count(out, "\n"))

	for want, args := range map[string][]string{
		"Unknown expression identifier `postid`": {"SELECT postid FROM post_events"},
		"readonly mode":                          {"TRUNCATE TABLE post_events"},
		"Syntax error":                           {"SELEC 1"},
	} {
		_, err := nova(t, append([]string{"sql", at}, args...)...)
		require.ErrorContains(t, err, "ClickHouse says: ")
		require.ErrorContains(t, err, want)
		require.Equal(t, exitFailed, exitCode(err))
		require.NotContains(t, oneLine(err), "\n")
	}
	began := time.Now()
	_, err = nova(t, "sql", "SELECT sleep(3)", "--timeout=300ms", at)
	require.EqualError(t, err, "no answer within 300ms: --timeout allows more")
	require.Less(t, time.Since(began), 2*time.Second)
}

func TestSQL_mistakes_of_usage(t *testing.T) {
	for want, args := range map[string][]string{
		"nova sql takes one query, got 2 arguments: put it in quotes": {"SELECT", "1"},
		"--format must be one of csv, json, table, tsv, is \"xml\"":   {"SELECT 1", "--format=xml"},
		"--timeout must be positive, is 0s":                           {"SELECT 1", "--timeout=0s"},
		"the query is given twice: as an argument and by --file":      {"SELECT 1", "--file=x"},
		"the query is empty": {" ;\n"},
		"clickhouse: Read.MaxRows must not be negative, is -1": {"SELECT 1", "--max-rows=-1"},
		"the query must not say FORMAT: --format does":         {"SELECT 1\nformat JSONEachRow;"},
	} {
		_, err := nova(t, append([]string{"sql"}, args...)...)
		require.ErrorContains(t, err, want)
		require.Equal(t, exitUsage, exitCode(err), want)
	}
	_, err := nova(t, "sql", "--file", filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestSQL_nobody_answers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	_, err = nova(t, "sql", "SELECT 1", "--clickhouse", l.Addr().String())
	require.ErrorContains(t, err, "reaching ClickHouse at "+l.Addr().String())
	require.Equal(t, exitFailed, exitCode(err))
}

// A server that has no users is no reason for a migration to fail; it is said.
func TestMigrate_without_users(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	out, err := nova(t, "migrate", "--clickhouse", stack.ClickHouseAddr(),
		"--set=clickhouse.read.user=analyst", "--set=clickhouse.read.password=hunter2", "--set=clickhouse.read.create=true")
	require.NoError(t, err)
	require.Contains(t, out, "the tables are up to date\nskipped user analyst: the default user must be allowed to manage users")
	require.NotContains(t, out, "hunter2")
}
