package e2e

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// postgres asks the application's database.
type postgres struct {
	t   *testing.T
	url string
}

// exec runs statements, each in a transaction of its own.
func (p *postgres) exec(statements ...string) {
	p.t.Helper()
	p.with(func(c *pgx.Conn) {
		for _, statement := range statements {
			_, err := c.Exec(p.t.Context(), statement)
			require.NoError(p.t, err)
		}
	})
}

func (p *postgres) with(do func(*pgx.Conn)) {
	p.t.Helper()
	conn, err := pgx.Connect(p.t.Context(), p.url)
	require.NoError(p.t, err)
	defer conn.Close(p.t.Context())
	do(conn)
}

// list returns the rows of a table.
func (p *postgres) list(table string) (list []map[string]any) {
	p.t.Helper()
	p.with(func(c *pgx.Conn) {
		rows, err := c.Query(p.t.Context(), "SELECT to_jsonb(t)::text FROM "+table+" t")
		require.NoError(p.t, err)
		texts, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(p.t, err)
		for _, text := range texts {
			row := map[string]any{}
			require.NoError(p.t, json.Unmarshal([]byte(text), &row))
			list = append(list, row)
		}
	})
	return list
}

// snapshot has the connector read all tables again while it goes on.
func (p *postgres) snapshot(id string) {
	p.t.Helper()
	var tables []string
	for _, e := range topology.Entities() {
		tables = append(tables, "public."+e.Source)
	}
	data, err := json.Marshal(map[string]any{"type": "incremental", "data-collections": tables})
	require.NoError(p.t, err)
	p.with(func(c *pgx.Conn) {
		_, err := c.Exec(p.t.Context(), `INSERT INTO debezium_signal VALUES ($1, 'execute-snapshot', $2)`, id, string(data))
		require.NoError(p.t, err)
	})
}

// pieces returns how many pieces of tables the connector has read for a snapshot, and of how many tables.
func (p *postgres) pieces(id string) (pieces, tables int) {
	p.t.Helper()
	p.with(func(c *pgx.Conn) {
		require.NoError(p.t, c.QueryRow(p.t.Context(), `SELECT count(*), count(DISTINCT data::json ->> 'dataCollectionId') FROM debezium_signal
			WHERE type = 'snapshot-window-close' AND data::json ->> 'correlationId' = $1`, id).Scan(&pieces, &tables))
	})
	return pieces, tables
}

// requireRead waits until the connector has read all tables for a snapshot: there is no more to come for a while.
func (p *postgres) requireRead(id string) {
	p.t.Helper()
	last, since := 0, time.Now()
	require.Eventually(p.t, func() bool {
		pieces, tables := p.pieces(id)
		if pieces != last {
			last, since = pieces, time.Now()
		}
		return tables == len(topology.Entities()) && time.Since(since) > 5*time.Second
	}, 2*time.Minute, 200*time.Millisecond)
	p.t.Logf("snapshot %s: %d pieces", id, last)
}

// requireDatabase compares every table and mirror with the database. forgive may change rows of posts: what the database
// has, and what table or mirror have of it.
func (s *system) requireDatabase(p *postgres, forgive func(want, got map[string]string, unknown []string)) {
	s.t.Helper()
	st := s.drained(0)
	requireBalanced(s.t, st)
	wrong := 0
	for _, e := range topology.Entities() {
		require.Zero(s.t, st.Accounting[string(e.Reader)].Dead, e.Reader)
		want := oracle.RowsOf(s.t, e, p.list(e.Source))
		var unknown map[string][]string
		compare := func(what string, got oracle.Rows) {
			n := 0
			for id := range joined(want, got) {
				if e.Table == "posts" && want[id] != nil && got[id] != nil {
					forgive(want[id], got[id], unknown[id])
				}
				if fmt.Sprint(want[id]) == fmt.Sprint(got[id]) {
					continue
				}
				if n++; n <= 3 {
					s.t.Logf("%s, row %s:\n want %v\n is   %v\n said %s", what, id, want[id], got[id], s.said(e, id))
				}
			}
			s.t.Logf("%s: %d rows, %d differ, %d with an unknown column", what, len(want), n, len(unknown))
			wrong += n
		}
		if e.Keeper != "" {
			var rows oracle.Rows
			rows, unknown = oracle.Table(s.t, &s.cfg, e)
			compare("table of "+e.Table, rows)
		}
		if oracle.Mirrored(e) {
			compare("mirror of "+e.Table, oracle.Mirror(s.t, &s.cfg, s.stack.Stack, e))
		}
	}
	require.Zero(s.t, wrong, "rows differ")
}

func joined(a, b oracle.Rows) map[string]bool {
	all := map[string]bool{}
	for _, rows := range []oracle.Rows{a, b} {
		for id := range rows {
			all[id] = true
		}
	}
	return all
}
