package clickhouse

import (
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// openReader returns a client for readers of a server with all tables, and a connection that may write.
func openReader(t *testing.T, options ...Option) (*Client, *sql.DB) {
	t.Helper()
	cfg, db := startServer(t)
	_, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	cfg.Breaker.Failures = 100
	c, err := OpenReader(cfg, options...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c, db
}

// A reader changes nothing, whoever it is, and cannot lift that.
func TestReader_changes_nothing(t *testing.T) {
	c, db := openReader(t)
	_, err := db.ExecContext(t.Context(), "CREATE TABLE nova.t (n Int64) ENGINE = MergeTree ORDER BY n")
	require.NoError(t, err)
	for _, q := range []string{
		"INSERT INTO t VALUES (1)", "DROP TABLE t", "CREATE TABLE u (n Int64) ENGINE = Memory", "TRUNCATE TABLE t",
		"ALTER TABLE t DELETE WHERE 1", "SELECT 1 SETTINGS readonly = 0",
	} {
		err := c.Exec(t.Context(), "harm", q)
		require.ErrorContains(t, err, "readonly mode", q)
		require.Equal(t, KindAuth, Kind(err), q)
	}
	require.Equal(t, []uint64{0}, readColumn[uint64](t, db, "SELECT count() FROM nova.t"))
	rows, err := Query[struct {
		One uint8 `ch:"one"`
	}](t.Context(), c, "one", "SELECT 1 AS one")
	require.NoError(t, err)
	require.Len(t, rows, 1)
}

// Rows come as they are read; what is left is not fetched; the time limit is the reader's.
func TestStream_reads_as_far_as_asked(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	c, _ := openReader(t, Measured(NewCallMetrics(registry)))
	read := 0
	require.NoError(t, c.Stream(t.Context(), "many", "SELECT number FROM numbers(10000000)", func(rows driver.Rows) error {
		for read < 100_000 && rows.Next() {
			var n uint64
			require.NoError(t, rows.Scan(&n))
			require.Equal(t, uint64(read), n)
			read++
		}
		return rows.Err()
	}))
	require.Equal(t, 100_000, read)

	began := time.Now()
	err := c.Stream(t.Context(), "slow", "SELECT sleepEachRow(3) FROM numbers(10) SETTINGS max_execution_time = 60", func(driver.Rows) error { return nil })
	require.Error(t, err, "readonly: no settings either")
	c.cfg.QueryTimeout = 300 * time.Millisecond
	err = c.Stream(t.Context(), "slow", "SELECT sleep(3)", func(driver.Rows) error { return nil })
	require.Equal(t, KindTimeout, Kind(err))
	require.Less(t, time.Since(began), 2*time.Second)
	require.ErrorIs(t, c.Stream(t.Context(), "mine", "SELECT 1", func(driver.Rows) error { return io.ErrShortWrite }), io.ErrShortWrite)

	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`# HELP clickhouse_breaker_state State of a client's circuit breaker: 0 closed, 1 half-open, 2 open.
# TYPE clickhouse_breaker_state gauge
clickhouse_breaker_state{client="read"} 0
`), "clickhouse_breaker_state"))
}

func TestPostEngagement_adds_up_by_hour(t *testing.T) {
	c, db := openReader(t)
	const hour = int64(3_600_000)
	begin := int64(1_700_000_000_000) / hour * hour
	var want []HourCounts
	for i := range int64(5) {
		for more := range int64(2) { // a summing table keeps several rows of a key until it merges them
			at := (begin + i*hour) / 1000
			_, err := db.ExecContext(t.Context(), fmt.Sprintf(
				"INSERT INTO nova.post_engagement_hourly (hour, post_id, views, likes, comments, shares) VALUES (%d, 'p', %d, 1, 2, 3), (%d, 'q', 9, 9, 9, 9)", at, i+more, at))
			require.NoError(t, err)
		}
		want = append(want, HourCounts{begin + i*hour, 2*i + 1, 2, 4, 6})
	}
	got, err := c.PostEngagement(t.Context(), "p", begin+2*hour)
	require.NoError(t, err)
	require.Equal(t, want[2:], got)
	got, err = c.PostEngagement(t.Context(), "nobody", begin)
	require.NoError(t, err)
	require.Empty(t, got)
}

// The engine of tests has no users: it understands the statements, and says that it may not.
func TestCreateReader_on_a_server_without_users(t *testing.T) {
	cfg, db := startServer(t)
	cfg.Read.User, cfg.Read.Password, cfg.Read.Create = "nova_reader", "hunter2", true
	err := CreateReader(t.Context(), cfg)
	require.ErrorIs(t, err, ErrNoUserManagement)
	require.ErrorContains(t, err, "creating user nova_reader")
	statements := readerStatements(cfg)
	require.Len(t, statements, 3)
	for i, denied := range []string{"CREATE USER ON nova_reader", "ALTER USER ON nova_reader", "There is no role `nova_reader`"} {
		_, err := db.ExecContext(t.Context(), statements[i])
		require.ErrorContains(t, err, denied, "it is understood")
		require.NotContains(t, statements[i], "hunter2")
	}
}

// A server that lets us gets all three statements, in order, each time.
func TestCreateReader_creates_and_brings_up_to_date(t *testing.T) {
	cfg, _ := startServer(t)
	cfg.Read.User, cfg.Read.Password, cfg.Read.Create = "nova_reader", "hunter2", true
	to, err := url.Parse("http://" + cfg.Addrs[0])
	require.NoError(t, err)
	forward := httputil.NewSingleHostReverseProxy(to)
	var got []string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		require.NoError(t, err)
		if s := string(body); strings.Contains(s, "USER") || strings.Contains(s, "GRANT") {
			got = append(got, s)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		forward.ServeHTTP(w, r)
	}))
	defer front.Close()
	cfg.Addrs = []string{strings.TrimPrefix(front.URL, "http://")}
	require.NoError(t, CreateReader(t.Context(), cfg))
	require.Equal(t, readerStatements(cfg), got)
	require.Contains(t, got[0], "CREATE USER IF NOT EXISTS nova_reader IDENTIFIED WITH sha256_hash BY 'f52fbd32b2b3b86ff88ef6c490628285f482af15ddcb29541f94bcf526a3f6c7'")
	require.Equal(t, "GRANT SELECT ON nova.* TO nova_reader", got[2])
}
