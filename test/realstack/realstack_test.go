package realstack

import (
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/internal/connect"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
)

// written is how many records the statements of testdata make: a row read or inserted is one, an update one, a delete two,
// another key three, a truncate one.
var written = map[string]int{
	"cdc.users": 3, "cdc.posts": 2 + 2 + 3, "cdc.comments": 2 + 2 + 3, "cdc.likes": 1 + 2 + 1, "cdc.follows": 1 + 1 + 1, "cdc.token_revocation": 1,
}

func TestChanges_as_JSON(t *testing.T) {
	s := Start(t)
	happen(t, s, "json")
	got := describe(t, readAll(t, s, written), plainJSON)
	require.Equal(t, golden(t), got)

	// A row larger than brokers take by themselves.
	const large = 7 << 20
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `INSERT INTO comments (id, content) VALUES (gen_random_uuid(), repeat('x', $1::int))`, large)
	require.NoError(t, err)
	records := readAll(t, s, map[string]int{"cdc.comments": written["cdc.comments"] + 1})
	require.Equal(t, 1, countIf(records, func(r *kgo.Record) bool { return len(r.Value) > large }))

	// Connect is killed amid 5,000 rows, of which it loses none: it repeats some.
	const rows = 5000
	inserted := make(chan error, 1)
	go func() { inserted <- insertLikes(t.Context(), s.DatabaseURL(), rows) }()
	before := written["cdc.likes"]
	waitForRecords(t, s, "cdc.likes", before+rows/10)
	s.KillConnect()
	atKill := count(t, s, "cdc.likes")
	require.NoError(t, <-inserted)
	require.Less(t, atKill, before+rows, "killed amid")
	s.RestartConnect()
	began := time.Now()
	likes := readLikes(t, s, rows)
	t.Logf("killed after %d records; all there %.1f s after Connect is again, with %d repeats", atKill-before, time.Since(began).Seconds(), likes-rows)
}

// The same comes as Avro, except that its converter writes a default where there is NULL.
func TestChanges_as_Avro(t *testing.T) {
	s := Start(t)
	happen(t, s, "avro")
	got := describe(t, readAll(t, s, written), avroAt(t, s.RegistryURL()))
	const null, invented = `"created_at":null,"deleted_at":null,"display_name":null`, `"created_at":"1970-01-01T00:00:00.000000Z","deleted_at":null,"display_name":null`
	want := strings.Replace(golden(t), null, invented, 1)
	require.NotEqual(t, want, golden(t))
	require.Equal(t, want, got)

	// The registry is one for our own schemas, too: each is registered, and found by its id.
	client, err := registry.New(registry.Config{URL: s.RegistryURL(), Timeout: 10 * time.Second}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	_, err = schemas.NewCodecs(t.Context(), client)
	require.NoError(t, err)
}

func countIf(records []*kgo.Record, is func(*kgo.Record) bool) (n int) {
	for _, r := range records {
		if is(r) {
			n++
		}
	}
	return n
}

// happen registers the product's connector between two halves of the story.
func happen(t *testing.T, s *Stack, format string) {
	t.Helper()
	execute(t, s, "before.sql")
	began := time.Now()
	register(t, s, format)
	t.Logf("connector runs after %.1f s", time.Since(began).Seconds())
	readAll(t, s, map[string]int{"cdc.users": 2, "cdc.posts": 2, "cdc.likes": 1, "cdc.token_revocation": 1})
	execute(t, s, "after.sql")
}

func register(t *testing.T, s *Stack, format string) {
	t.Helper()
	text, err := docker.Connector(format)
	require.NoError(t, err)
	connector, err := connect.Parse(text)
	require.NoError(t, err)
	config := connect.DefaultConfig()
	config.ConnectURL = s.ConnectURL()
	client, err := connect.New(config)
	require.NoError(t, err)
	outcome, err := client.Register(t.Context(), connector)
	require.NoError(t, err)
	require.Equal(t, connect.Created, outcome)
}

// execute runs the statements of a file, each in a transaction of its own.
func execute(t *testing.T, s *Stack, file string) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + file)
	require.NoError(t, err)
	conn, err := pgx.Connect(t.Context(), s.DatabaseURL())
	require.NoError(t, err)
	defer conn.Close(t.Context())
	for _, statement := range strings.SplitAfter(string(text), ";\n") {
		_, err := conn.PgConn().Exec(t.Context(), statement).ReadAll()
		require.NoError(t, err, statement)
	}
}

func golden(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("testdata/changes.golden")
	require.NoError(t, err)
	return string(text)
}
