package main

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"
)

func params(t *testing.T, query string) url.Values {
	t.Helper()
	p, err := url.ParseQuery(query)
	require.NoError(t, err)
	return p
}

func TestNewStatement(t *testing.T) {
	s := newStatement(params(t, "database=a`b&default_format=Native&client_protocol_version=54483&compress=1&decompress=1"+
		"&network_compression_method=LZ4&query_id=q&param_x=it's&max_threads=1&max_threads=2&query=INSERT+INTO+t+FORMAT+CSV"), []byte("1\n"))
	require.NoError(t, s.check())
	require.Equal(t, "INSERT INTO t FORMAT CSV\n1\n", string(s.sql))
	require.Equal(t, "Native", s.format)
	require.Equal(t, "54483", s.protocol)
	require.Equal(t, []string{
		"USE `a\\`b`",
		`SET max_threads = '2', network_compression_method = 'LZ4', param_x = 'it\'s'`,
	}, s.preparations())

	s = newStatement(params(t, ""), []byte("SELECT 1"))
	require.Equal(t, "SELECT 1", string(s.sql))
	require.Equal(t, "TabSeparated", s.format)
	require.Empty(t, s.preparations())

	s = newStatement(params(t, "query=SELECT+1"), nil)
	require.Equal(t, "SELECT 1\n", string(s.sql))
}

func TestStatementCheck(t *testing.T) {
	for query, code := range map[string]int{
		"session_id=1":               notImplemented,
		"max_threads%3D1%2C+x=1":     unknownSetting,
		"%27%3B+DROP+TABLE+t+--+=ok": unknownSetting,
	} {
		var e *exception
		require.ErrorAs(t, newStatement(params(t, query), nil).check(), &e, query)
		require.Equal(t, code, e.Code, query)
	}
}

func TestStatement_is_one_and_writes_no_file(t *testing.T) {
	for sql, code := range map[string]int{
		"SELECT 1; SELECT 2":                                   syntaxError,
		"INSERT INTO t VALUES (1, ';'); DROP TABLE t":          syntaxError,
		"SELECT 'x' INTO\n OUTFILE '/tmp/x' TRUNCATE":          notImplemented,
		"SELECT 1 into /* ; */ outfile '/tmp/x'":               notImplemented,
		"SELECT 1;":                                            0,
		"SELECT 1;; -- ; SELECT 2":                             0,
		"SELECT ';INTO OUTFILE', `a;b`, (SELECT 1)":            0,
		"INSERT INTO t FORMAT CSV\n1;2\nINTO OUTFILE":          0,
		"INSERT INTO t VALUES (1, 'INTO OUTFILE ; SELECT 2');": 0,
	} {
		err := newStatement(nil, []byte(sql)).check()
		if code == 0 {
			require.NoError(t, err, sql)
			continue
		}
		var e *exception
		require.ErrorAs(t, err, &e, sql)
		require.Equal(t, code, e.Code, sql)
	}
}

func TestNewException(t *testing.T) {
	e := newException("Code: 60. DB::Exception: Unknown table\n'x'. (UNKNOWN_TABLE)")
	require.Equal(t, &exception{60, "Unknown table\n'x'. (UNKNOWN_TABLE)"}, e)
	require.Equal(t, http.StatusNotFound, e.status())
	require.Equal(t, "Code: 60. DB::Exception: Unknown table\n'x'. (UNKNOWN_TABLE)", e.Error())

	e = newException("out of luck")
	require.Equal(t, &exception{unknownException, "out of luck"}, e)
	require.Equal(t, http.StatusInternalServerError, e.status())
	require.True(t, errors.As(error(e), new(*exception)))
}
