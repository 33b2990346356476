package clickhouse

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/secret"
)

func TestAddress_is_all_that_is_left_of_a_url(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"http://127.0.0.1:8123?database=nova":                 "http://127.0.0.1:8123",
		"https://me:secret@ch.example:8443/path?param_x=%22y": "https://ch.example:8443",
		"http://me@[::1]:8123/":                               "http://[::1]:8123",
		"http://me:se%40cret@ch.example:8443?password=secret": "http://ch.example:8443",
	} {
		inner := &url.Error{Op: "Post", URL: given, Err: io.ErrUnexpectedEOF}
		err := addressOnly(fmt.Errorf("sendQuery: %w", inner))
		require.EqualError(t, err, `sendQuery: Post "`+want+`": unexpected EOF`)
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.Equal(t, KindNetwork, Kind(err))
		twice := addressOnly(errors.Join(inner, inner))
		require.EqualError(t, twice, `Post "`+want+`": unexpected EOF`+"\n"+`Post "`+want+`": unexpected EOF`)
	}
	server := errors.New("no table at http://x/y?z")
	require.Equal(t, server, addressOnly(server), "what the server says stays")
	require.NoError(t, addressOnly(nil))
}

// No call's error says more than which server was asked.
func TestAddress_in_the_errors_of_calls(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Addrs, cfg.User, cfg.Password = []string{"127.0.0.1:1"}, "somebody", secret.Text("password")
	cfg.Breaker.Failures = 100
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	_, queried := Query[HourCounts](t.Context(), c, "q", "SELECT 1")
	_, migrated := Migrate(t.Context(), cfg)
	for doing, err := range map[string]error{
		"asking ClickHouse":      c.Ping(t.Context()),
		"e":                      c.Exec(t.Context(), "e", "SELECT 1"),
		"q":                      queried,
		"creating database nova": migrated,
	} {
		require.ErrorContains(t, err, doing+": ")
		require.ErrorContains(t, err, `"http://127.0.0.1:1": dial tcp 127.0.0.1:1: connect: connection refused`)
		for _, no := range []string{"?", "database=", "somebody", "password"} {
			require.NotContains(t, err.Error(), no)
		}
	}
}
