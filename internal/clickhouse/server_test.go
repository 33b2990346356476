package clickhouse

import (
	"database/sql"
	"fmt"
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

// allMigrations is what the first Migrate applies with the default settings.
var allMigrations = []string{
	"0001_post_events.sql", "0002_sessions.sql", "0003_batch_chain.sql", "0004_views.sql", "0008_comments.sql", "0009_repairs.sql", "0010_mirrors.sql", "0011_cdc_transactions.sql", "post_engagement_minutely: keep rows for 3 days",
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
	require.Equal(t, allMigrations, applied)
	applied, err = Migrate(t.Context(), cfg)
	require.NoError(t, err)
	require.Empty(t, applied)

	columns := readColumn[string](t, db, "SELECT concat(name, ' ', type) FROM system.columns WHERE database = 'nova' AND table = 'post_events'")
	for _, c := range PostEvents.columns[PostEvents.current] {
		require.Contains(t, columns, c.name+" "+c.typ)
	}
}

func TestRetentionFollowsTheConfiguration(t *testing.T) {
	t.Parallel()
	cfg, db := startServer(t)
	for table, keep := range map[string]*time.Duration{
		"post_events":              &cfg.Retention.PostEvents,
		"post_engagement_hourly":   &cfg.Retention.PostEngagementHourly,
		"post_engagement_minutely": &cfg.Retention.PostEngagementMinutely,
	} {
		*keep = 0
		_, err := Migrate(t.Context(), cfg)
		require.NoError(t, err)
		for _, step := range []struct {
			days    int
			applied []string
			ttl     string
		}{
			{90, []string{table + ": keep rows for 90 days"}, "toIntervalDay(90)"},
			{90, nil, "toIntervalDay(90)"},
			{7, []string{table + ": keep rows for 7 days"}, "toIntervalDay(7)"},
			{0, []string{table + ": keep rows for ever"}, ""},
			{0, nil, ""},
		} {
			*keep = time.Duration(step.days) * day
			applied, err := Migrate(t.Context(), cfg)
			require.NoError(t, err)
			require.Equal(t, step.applied, applied)
			engine := readColumn[string](t, db, "SELECT engine_full FROM system.tables WHERE database = 'nova' AND name = '"+table+"'")
			require.Len(t, engine, 1)
			if step.ttl == "" {
				require.NotContains(t, engine[0], "TTL")
			} else {
				require.Contains(t, engine[0], step.ttl)
			}
		}
	}
}

func TestRefreshFollowsTheConfiguration(t *testing.T) {
	cfg, db := startServer(t)
	_, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	for _, every := range []time.Duration{time.Second, 90 * time.Second, time.Hour} {
		cfg.Views.PostStats = every
		applied, err := Migrate(t.Context(), cfg)
		require.NoError(t, err)
		require.Equal(t, []string{fmt.Sprintf("post_stats_24h_mv: refresh every %v", every)}, applied)
		got := readColumn[string](t, db, "SELECT create_table_query FROM system.tables WHERE name = 'post_stats_24h_mv'")
		require.Len(t, got, 1)
		require.Equal(t, every, RefreshEvery(got[0]), got[0])
		applied, err = Migrate(t.Context(), cfg)
		require.NoError(t, err)
		require.Empty(t, applied)
	}
}
