package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/test/realstack"
)

// What the commands say and do on real servers: the connector is made, changed, broken and mended.
func TestCDC_on_real_servers(t *testing.T) {
	s := realstack.Start(t)
	db, err := pgx.Connect(t.Context(), s.DatabaseURL())
	require.NoError(t, err)
	defer db.Close(t.Context())
	execute := func(statement string) {
		_, err := db.Exec(t.Context(), statement)
		require.NoError(t, err)
	}
	cdc := func(args ...string) (string, error) {
		return nova(t, append([]string{"cdc", args[0], "--connect=" + s.ConnectURL()}, args[1:]...)...)
	}
	brokers := "--brokers=" + s.Kafka.Brokers()[0]

	_, err = cdc("status")
	require.EqualError(t, err, "asking for the status of connector nova: Connect says (404): No status found for connector nova")
	_, err = cdc("snapshot", brokers, "posts")
	require.EqualError(t, err, "asking for the configuration of connector nova: Connect says (404): Connector nova not found")
	_, err = cdc("register", brokers, "--file="+changed(t, "nova", `"nowhere"`, "${env:CDC_DATABASE_NAME}"))
	require.ErrorContains(t, err, "Connect says (400)")
	require.ErrorContains(t, err, `database "nowhere" does not exist`)

	execute("INSERT INTO likes SELECT gen_random_uuid(), gen_random_uuid() FROM generate_series(1, 100)")
	for _, want := range []string{"created", "unchanged"} {
		out, err := cdc("register", brokers)
		require.NoError(t, err)
		require.Equal(t, "connector nova: "+want+"\nconnector nova runs\n", out)
	}
	out, err := cdc("status")
	require.NoError(t, err)
	require.Regexp(t, `^connector nova: RUNNING on 127\.0\.0\.1:\d+\ntask 0: RUNNING on 127\.0\.0\.1:\d+\n$`, out)

	// Read again: each row once more, marked, and another table's not.
	_, err = cdc("snapshot", brokers, "like")
	require.ErrorContains(t, err, "the connector does not capture table public.like; it captures public.users, ")
	out, err = cdc("snapshot", brokers, "likes")
	require.NoError(t, err)
	require.Equal(t, "asked connector nova to read again: likes\n", out)
	require.Equal(t, map[string]int{"cdc.likes first": 100, "cdc.likes again": 100}, readRows(t, s, 200))

	// A task that fails: the connector says that it runs. Nothing is written meanwhile: PostgreSQL could not decode it.
	execute("ALTER PUBLICATION nova RENAME TO away")
	_, err = cdc("register", brokers, "--file="+changed(t, "nova", `"7000"`, "10000"))
	require.ErrorContains(t, err, "connector nova does not run: task 0 is FAILED on 127.0.0.1:")
	require.ErrorContains(t, err, "Publication autocreation is disabled, please create one")
	out, err = cdc("status")
	require.ErrorContains(t, err, "connector nova does not run: task 0 is FAILED")
	require.Regexp(t, `^connector nova: RUNNING on .*\ntask 0: FAILED on `, out)

	// Mended: the same again has it start.
	execute("ALTER PUBLICATION away RENAME TO nova")
	out, err = cdc("register", brokers, "--file="+changed(t, "nova", `"7000"`, "10000"))
	require.NoError(t, err)
	require.Equal(t, "connector nova: restarted\nconnector nova runs\n", out)
	out, err = cdc("register", brokers)
	require.NoError(t, err)
	require.Equal(t, "connector nova: updated\nconnector nova runs\n", out)
	execute("INSERT INTO likes VALUES (gen_random_uuid(), gen_random_uuid())")
	require.Equal(t, map[string]int{"cdc.likes first": 101, "cdc.likes again": 100}, readRows(t, s, 201))
}

// changed is a file with the product's connector in which a value is another.
func changed(t *testing.T, name, to, from string) string {
	t.Helper()
	text, err := docker.Connector("json")
	require.NoError(t, err)
	other := strings.Replace(string(text), `"`+from+`"`, to, 1)
	require.NotEqual(t, string(text), other)
	file := filepath.Join(t.TempDir(), name+".json")
	require.NoError(t, os.WriteFile(file, []byte(other), 0o600))
	return file
}

// readRows reads n records of the tables, and counts them by topic and by whether the table was read again.
func readRows(t *testing.T, s *realstack.Stack, n int) map[string]int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.Kafka.Brokers()...), kgo.ConsumeRegex(), kgo.ConsumeTopics(`^cdc\.(users|posts|comments|likes)$`),
		kgo.MetadataMaxAge(time.Second), kgo.MetadataMinAge(100*time.Millisecond))
	require.NoError(t, err)
	defer client.Close()
	counted := map[string]int{}
	for got := 0; got < n; {
		fetches := client.PollFetches(ctx)
		require.NoError(t, ctx.Err(), counted)
		fetches.EachRecord(func(r *kgo.Record) {
			got++
			var change struct{ Source struct{ Snapshot string } }
			require.NoError(t, json.Unmarshal(r.Value, &change))
			if change.Source.Snapshot == "incremental" {
				counted[r.Topic+" again"]++
			} else {
				counted[r.Topic+" first"]++
			}
		})
	}
	return counted
}
