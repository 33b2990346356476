package clickhouse

import (
	"database/sql"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// startServer returns the settings for a server of the test's own, and a connection to it.
func startServer(t *testing.T) (Config, *sql.DB) {
	t.Helper()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	cfg := DefaultConfig()
	cfg.Addrs = []string{stack.ClickHouseAddr()}
	db := ch.OpenDB(cfg.options(""))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return cfg, db
}

// openTables returns a client of a server with all tables, and a view over post_events that counts rows by month and
// post.
func openTables(t *testing.T) (*Client, *sql.DB) {
	t.Helper()
	cfg, db := startServer(t)
	_, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	for _, q := range []string{
		`CREATE TABLE nova.by_post (month UInt32, post_id String, rows UInt64) ENGINE = SummingMergeTree
		 PARTITION BY month ORDER BY (month, post_id) SETTINGS non_replicated_deduplication_window = 10000`,
		`CREATE MATERIALIZED VIEW nova.by_post_mv TO nova.by_post AS
		 SELECT toYYYYMM(event_time) AS month, post_id, count() AS rows FROM nova.post_events GROUP BY month, post_id`,
	} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	cfg.ReadTimeout, cfg.InsertTimeout = 10*time.Second, 15*time.Second // an answer that never comes is not to outlast a test
	c, err := Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c, db
}

// column reads the first column of all rows of a query.
func readColumn[T any](t *testing.T, db *sql.DB, query string) []T {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	var values []T
	for rows.Next() {
		var v T
		require.NoError(t, rows.Scan(&v))
		values = append(values, v)
	}
	require.NoError(t, rows.Err())
	return values
}

func TestMigrateOnce(t *testing.T) {
	cfg, db := startServer(t)
	applied, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, []string{"0001_post_events.sql", "0002_sessions.sql"}, applied)
	applied, err = Migrate(t.Context(), cfg)
	require.NoError(t, err)
	require.Empty(t, applied)

	columns := readColumn[string](t, db, "SELECT concat(name, ' ', type) FROM system.columns WHERE database = 'nova' AND table = 'post_events'")
	for _, c := range columnLists[currentColumns] {
		require.Contains(t, columns, c.name+" "+c.typ)
	}
}

func TestRetentionFollowsTheConfiguration(t *testing.T) {
	cfg, db := startServer(t)
	for _, step := range []struct {
		keep    time.Duration
		applied []string
		ttl     string
	}{
		{0, []string{"0001_post_events.sql", "0002_sessions.sql"}, ""},
		{90 * day, []string{"post_events: keep rows for 90 days"}, "toIntervalDay(90)"},
		{90 * day, nil, "toIntervalDay(90)"},
		{7 * day, []string{"post_events: keep rows for 7 days"}, "toIntervalDay(7)"},
		{0, []string{"post_events: keep rows for ever"}, ""},
		{0, nil, ""},
	} {
		cfg.Retention.PostEvents = step.keep
		applied, err := Migrate(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, step.applied, applied)
		engine := readColumn[string](t, db, "SELECT engine_full FROM system.tables WHERE database = 'nova' AND name = 'post_events'")
		require.Len(t, engine, 1)
		if step.ttl == "" {
			require.NotContains(t, engine[0], "TTL")
		} else {
			require.Contains(t, engine[0], step.ttl)
		}
	}
}
