package views

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// server is a server of the test's own, with all tables.
type server struct {
	t      *testing.T
	db     *sql.DB
	client *clickhouse.Client
	cfg    clickhouse.Config
}

func start(t *testing.T, change ...func(*clickhouse.Config)) *server {
	t.Helper()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	cfg := clickhouse.DefaultConfig()
	cfg.Addrs = []string{stack.ClickHouseAddr()}
	for _, c := range change {
		c(&cfg)
	}
	_, err := clickhouse.Migrate(t.Context(), cfg)
	require.NoError(t, err)
	client, err := clickhouse.Open(cfg, clickhouse.Named(clickhouse.ReadClient))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	db := ch.OpenDB(&ch.Options{Addr: cfg.Addrs, Protocol: ch.HTTP, Auth: ch.Auth{Database: cfg.Database}})
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &server{t, db, client, cfg}
}

func (s *server) exec(query string) {
	s.t.Helper()
	_, err := s.db.ExecContext(s.t.Context(), query)
	require.NoError(s.t, err, query)
}

// event is one row of post_events.
type event struct {
	post, action string
	at           time.Time
}

func (s *server) insert(events ...event) {
	s.t.Helper()
	values := make([]string, len(events))
	for i, e := range events {
		values[i] = fmt.Sprintf("('%s', fromUnixTimestamp64Milli(%d, 'UTC'), '%s', now64(3))", e.post, e.at.UnixMilli(), e.action)
	}
	s.exec("INSERT INTO post_events (post_id, event_time, event_type, root_time) VALUES " + strings.Join(values, ", "))
}

// refreshed makes post_stats_24h anew.
func (s *server) refreshed() {
	s.t.Helper()
	s.exec(`SYSTEM REFRESH VIEW post_stats_24h_mv`)
	s.exec(`SYSTEM WAIT VIEW post_stats_24h_mv`)
}

// lines reads the rows of a query, each as text.
func (s *server) lines(query string) []string {
	s.t.Helper()
	rows, err := s.db.QueryContext(s.t.Context(), "SELECT toJSONString(tuple(*)) FROM ("+query+")")
	require.NoError(s.t, err, query)
	defer rows.Close()
	var all []string
	for rows.Next() {
		var line string
		require.NoError(s.t, rows.Scan(&line))
		all = append(all, line)
	}
	require.NoError(s.t, rows.Err())
	return all
}
