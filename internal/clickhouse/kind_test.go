package clickhouse

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"testing"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"
)

func TestKind_sorts_errors(t *testing.T) {
	said := func(code int32, message string) error { return &ch.Exception{Code: code, Message: message} }
	for _, c := range []struct {
		err  error
		want ErrorKind
	}{
		{nil, KindNone},
		{said(252, "Too many parts (3000 with average size of 1 KiB) in table"), KindOverloaded},
		{said(252, "Too many partitions for single INSERT block (more than 100)"), KindRefused},
		{said(202, ""), KindOverloaded},
		{said(241, ""), KindOverloaded},
		{said(243, ""), KindOverloaded},
		{said(159, ""), KindTimeout},
		{said(210, ""), KindNetwork},
		{said(33, ""), KindNetwork},
		{said(469, ""), KindRefused},
		{said(395, ""), KindRefused},
		{said(53, ""), KindRefused},
		{said(516, ""), KindAuth},
		{said(60, ""), KindSyntax},
		{said(16, ""), KindSyntax},
		{said(999, ""), KindOther},
		{&ch.HTTPError{StatusCode: 404, Err: said(60, "")}, KindSyntax},
		{&ch.HTTPError{StatusCode: 503, Err: io.ErrShortBuffer}, KindOverloaded},
		{&ch.HTTPError{StatusCode: 401, Err: io.ErrShortBuffer}, KindAuth},
		{&ch.HTTPError{StatusCode: 500, Err: io.ErrShortBuffer}, KindOther},
		{context.Canceled, KindCanceled},
		{context.DeadlineExceeded, KindTimeout},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, KindTimeout},
		{&net.OpError{Op: "dial", Err: io.ErrClosedPipe}, KindNetwork},
		{io.ErrUnexpectedEOF, KindNetwork},
		{&BreakerError{}, KindBreakerOpen},
		{io.ErrShortBuffer, KindOther},
	} {
		require.Equal(t, c.want, Kind(c.err), c.err)
		if c.err != nil {
			require.Equal(t, c.want, Kind(fmt.Errorf("inserting: %w", c.err)), "wrapped %v", c.err)
		}
	}
}

// What the server itself says of each kind.
func TestKind_of_a_server(t *testing.T) {
	cfg, db := startServer(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE small (n UInt8, CONSTRAINT odd CHECK n % 2 = 1) ENGINE = MergeTree ORDER BY n`)
	require.NoError(t, err)
	cfg.Database = "default"
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	for query, want := range map[string]ErrorKind{
		"SELECT 1":                             KindNone,
		"SELEKT 1":                             KindSyntax,
		"SELECT n FROM nowhere":                KindSyntax,
		"SELECT m FROM small":                  KindSyntax,
		"INSERT INTO small (m) SELECT 1":       KindSyntax,
		"INSERT INTO small SELECT 2":           KindRefused,
		"INSERT INTO small SELECT toInt8('x')": KindRefused,
		"SELECT throwIf(1)":                    KindRefused,
		"SELECT sum(n) FROM (SELECT number AS n FROM numbers(1e12)) SETTINGS max_execution_time = 0.05": KindTimeout,
		"SELECT groupArray(number) FROM numbers(1e7) SETTINGS max_memory_usage = 1000000":               KindOverloaded,
	} {
		require.Equal(t, want, Kind(c.Exec(t.Context(), "try", query)), query)
	}

	gone := cfg
	gone.Addrs = []string{"127.0.0.1:1"}
	away, err := Open(gone)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, away.Close()) })
	require.Equal(t, KindNetwork, Kind(away.Ping(t.Context())))

	given, cancel := context.WithCancel(t.Context())
	cancel()
	require.Equal(t, KindCanceled, Kind(c.Do(given, "try", func(ctx context.Context, conn driver.Conn) error { return conn.Ping(ctx) })))
}

func TestKind_of_a_silent_server(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	silent := make(chan struct{})
	server := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { close(silent); require.NoError(t, server.Close()) })
	cfg := DefaultConfig()
	cfg.Addrs, cfg.QueryTimeout = []string{l.Addr().String()}, 50_000_000
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	require.Equal(t, KindTimeout, Kind(c.Exec(t.Context(), "try", "SELECT 1")))
}
