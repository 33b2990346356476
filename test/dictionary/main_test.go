package dictionary

import (
	"flag"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/clickhouse/views"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

var update = flag.Bool("update", false, "write the tables of the data dictionary anew")

const (
	dictionaryFile = "../../docs/data-dictionary.md"
	grafanaFile    = "../../docs/grafana.md"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// server is a ClickHouse with the tables of the program.
type server struct {
	t     *testing.T
	stack *devstack.Stack
	cfg   clickhouse.Config
}

func start(t *testing.T) *server {
	t.Helper()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	cfg := clickhouse.DefaultConfig()
	cfg.Addrs = []string{stack.ClickHouseAddr()}
	_, err := clickhouse.Migrate(t.Context(), cfg)
	require.NoError(t, err)
	return &server{t, stack, cfg}
}

// query runs SQL and returns its rows by column.
func (s *server) query(sql string) []map[string]any {
	s.t.Helper()
	return devstacktest.Query(s.t, s.stack, s.cfg.Database, strings.TrimRight(strings.TrimSpace(sql), ";"))
}

// settle does at once what the clock would do: the view that is made anew, and the job that says how views stand.
func (s *server) settle() {
	s.t.Helper()
	s.query("SYSTEM REFRESH VIEW post_stats_24h_mv")
	s.query("SYSTEM WAIT VIEW post_stats_24h_mv")
	client, err := clickhouse.Open(s.cfg)
	require.NoError(s.t, err)
	defer func() { require.NoError(s.t, client.Close()) }()
	require.NoError(s.t, views.NewKeeper(client, nil).Check(s.t.Context()))
}
