package e2e

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/connect"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/test/realkafka"
	"github.com/nova-social/nova-streams/test/realstack"
)

// changes is how many rows of the database are changed at least.
const changes = 20_000

// What PostgreSQL holds after changes of all kinds is what tables and mirrors hold: from the connector's first snapshot,
// over columns that come and go, an incremental snapshot with transactions under way, and a killed Connect.
func TestDatabase_is_what_tables_and_mirrors_say(t *testing.T) {
	for _, format := range []string{"json", "avro"} {
		t.Run(format, func(t *testing.T) { followDatabase(t, format) })
	}
}

func followDatabase(t *testing.T, format string) {
	t.Helper()
	if !realkafka.Wanted() {
		t.Skip("needs a real stack: make test-real")
	}
	real := realstack.Start(t)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	w := &workload{url: real.DatabaseURL(), nulls: format == "json"} // the other converter writes the default
	db := &postgres{t: t, url: real.DatabaseURL()}
	client := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, n)) }
	require.NoError(t, w.run(t.Context(), client(0), 0, changes/10))

	s := startAs(t, &servers{Stack: devstacktest.Start(t, devstacktest.Without(devstack.Kafka|devstack.Registry)), kafka: real.Kafka}, func(c *config.Config) {
		c.Registry.URL = real.RegistryURL()
		c.CDC.Records.Full = debeziumtest.Full
	}, app.Roles...)
	m := s.followMarkers(real.DatabaseURL())
	ctx, stop := context.WithCancel(t.Context())
	slow, fast := errgroup.Group{}, errgroup.Group{}
	registerAt(t, real, format)
	for n := range 2 { // not before: see the edges in docs/invariants.md
		slow.Go(func() error {
			return w.runSlow(ctx, client(uint64(10+n)), n*100_000, time.Duration(200+2800*n)*time.Millisecond)
		})
	}
	for n := range 2 {
		fast.Go(func() error { return w.run(ctx, client(uint64(1+n)), 8*time.Millisecond, changes) })
	}
	markers := errgroup.Group{}
	markers.Go(func() error { return m.write(ctx) })

	w.reach(t, changes*2/10)
	db.exec(`ALTER TABLE posts ADD COLUMN lang text DEFAULT 'en'`, `ALTER TABLE users ADD COLUMN country text`)
	w.lang.Store(true)
	w.reach(t, changes*4/10)
	db.with(func(c *pgx.Conn) {
		require.NoError(t, w.slowly(t.Context(), c, client(20), 900_000, func() {
			db.snapshot("in mid-run")
			db.requireRead("in mid-run")
		}))
	})
	w.reach(t, changes*6/10)
	killed := time.Now()
	real.KillConnect()
	time.Sleep(2 * time.Second)
	real.RestartConnect()
	w.reach(t, changes*8/10)
	w.lang.Store(false)
	db.exec(`ALTER TABLE posts DROP COLUMN lang`, `UPDATE users SET country = 'is' WHERE id::text < '75000000-0000-4000-8000-000000000040'`)
	require.NoError(t, fast.Wait())
	stop()
	require.NoError(t, slow.Wait())
	require.NoError(t, markers.Wait())
	for i := range kinds {
		t.Logf("%-20s %5d rows", kinds[i].name, w.kinds[i].Load())
		require.Positive(t, w.kinds[i].Load(), kinds[i].name)
	}
	m.arrive(0)
	m.report(killed)
	overtaken := s.overtaken()
	t.Logf("%d changes lie below a snapshot that did not see them", overtaken)
	require.GreaterOrEqual(t, overtaken, slowPosts, "of the transaction that was open during the snapshot")

	// What nobody wrote since may have the dropped column, and after a change of its key an unknown value. All else is there.
	s.requireDatabase(db, func(want, got map[string]string, unknown []string) {
		delete(got, "lang")
		for _, name := range unknown {
			require.Equal(t, "content", name)
			delete(want, name)
		}
	})
	// Reading all again heals both.
	db.snapshot("in the end")
	db.requireRead("in the end")
	m.arrive(1)
	s.requireDatabase(db, func(_, _ map[string]string, unknown []string) { require.Empty(t, unknown) })
}

// reach waits until so many rows are changed.
func (w *workload) reach(t *testing.T, n int64) {
	t.Helper()
	require.Eventually(t, func() bool { return w.changed.Load() >= n }, 3*time.Minute, 20*time.Millisecond)
}

func registerAt(t *testing.T, s *realstack.Stack, format string) {
	t.Helper()
	text, err := docker.Connector(format)
	require.NoError(t, err)
	connector, err := connect.Parse(text)
	require.NoError(t, err)
	c := connect.DefaultConfig()
	c.ConnectURL = s.ConnectURL()
	client, err := connect.New(c)
	require.NoError(t, err)
	_, err = client.Register(t.Context(), connector)
	require.NoError(t, err)
}
