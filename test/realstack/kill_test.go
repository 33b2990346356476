package realstack

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// liker is who likes all of it.
const liker = "00000000-0000-0000-0000-0000000000a3"

// insertLikes inserts n rows, each in a transaction of its own, with a post of its number.
func insertLikes(ctx context.Context, url string, n int) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	for i := range n {
		_, err := conn.Exec(ctx, `INSERT INTO likes VALUES ($1, lpad(to_hex($2::int), 32, '0')::uuid, '2026-03-06 00:00:00+00')`, liker, i)
		if err != nil {
			return err
		}
	}
	return nil
}

func waitForRecords(t *testing.T, s *Stack, topic string, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return count(t, s, topic) >= n }, time.Minute, 50*time.Millisecond)
}

// count returns how many records a topic has.
func count(t *testing.T, s *Stack, topic string) int {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.Kafka.Brokers()...))
	require.NoError(t, err)
	defer client.Close()
	ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), topic)
	require.NoError(t, err)
	n := 0
	ends.Each(func(o kadm.ListedOffset) { n += int(o.Offset) })
	return n
}

// readLikes reads until it has seen all n rows of insertLikes, and returns how many records they were.
func readLikes(t *testing.T, s *Stack, n int) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(s.Kafka.Brokers()...), kgo.ConsumeTopics("cdc.likes"))
	require.NoError(t, err)
	defer client.Close()
	seen, records := map[string]bool{}, 0
	for len(seen) < n {
		fetches := client.PollFetches(ctx)
		require.NoError(t, ctx.Err(), "seen %d of %d", len(seen), n)
		fetches.EachRecord(func(r *kgo.Record) {
			if strings.Contains(string(r.Key), liker) {
				seen[string(r.Key)] = true
				records++
			}
		})
	}
	require.Len(t, seen, n)
	return records
}
