package clickhouse

import (
	"database/sql"
	"math/rand/v2"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// killSeed replays a run: the moments of kills and the records are drawn from it.
func killSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if s := os.Getenv("KILL_SEED"); s != "" {
		var err error
		seed, err = strconv.ParseUint(s, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("KILL_SEED=%d", seed)
	return seed
}

// On a real server: sinks are killed at random moments while records come in. Table, view, dead letters and accounting
// equal a recount.
func TestSinkOnServerSurvivesKills(t *testing.T) {
	t.Parallel()
	kills, atLeast := 25, 5
	if testing.Short() {
		kills, atLeast = 10, 1
	}
	client, db := openTables(t)
	b := startBroker(t, 3)
	seed := killSeed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	b.rng = rand.New(rand.NewPCG(seed, 1))

	takenOver := 0
	for range kills {
		b.produce(rng.IntN(400))
		for _, c := range b.committed() {
			if c.meta.Announced != nil {
				takenOver++
			}
		}
		// The moment: up to 6 ms after one of the first 40 steps of its three partitions.
		fatal, linger := int64(1+rng.IntN(40)), time.Duration(rng.IntN(7))*time.Millisecond
		var passed atomic.Int64
		struck := make(chan struct{})
		s := b.startSink(client, briefly, func(s *running) { s.cfg.BatchRecords = 20 + rng.IntN(150) }, stepping(func(string, *Block) error {
			if passed.Add(1) == fatal {
				close(struck)
			}
			return nil
		}))
		select {
		case <-struck:
		case <-time.After(300 * time.Millisecond): // there was not that much to do
		}
		time.Sleep(linger)
		s.kill()
		<-s.stopped
		b.evict(b.members()...)
	}
	b.produce(500)
	b.startSink(client)
	b.drained()
	b.exactOn(db)
	t.Logf("%d kills, %d announced ranges taken over", kills, takenOver)
	require.GreaterOrEqual(t, takenOver, atLeast, "kills must hit between announcement and commit")
}

// exactOn checks the server's table and view, dead letters and accounting against the recount.
func (b *broker) exactOn(db *sql.DB) {
	b.t.Helper()
	events, byMonthAndPost, poison, account := b.recount()
	require.Equal(b.t, events, counts(b.t, db, "SELECT event_id, count() FROM nova.post_events GROUP BY event_id"))
	require.Equal(b.t, byMonthAndPost, counts(b.t, db, "SELECT concat(toString(month), ' ', post_id), sum(rows) FROM nova.by_post GROUP BY month, post_id"))
	require.Equal(b.t, poison, b.letters())
	require.Equal(b.t, account, b.account())
	requireChain(b.t, db)
}

// requireChain checks that the inserts of each partition follow each other without a gap or an overlap.
func requireChain(t *testing.T, db *sql.DB) {
	t.Helper()
	broken := readColumn[string](t, db, `SELECT concat(toString(kafka_partition), ': ', toString(batch_before)) FROM (
		SELECT kafka_partition, batch_before, count() AS rows, any(batch_rows) AS claimed,
			lagInFrame(batch_before + rows, 1, 0) OVER (PARTITION BY kafka_topic_id, kafka_partition ORDER BY batch_before) AS expected
		FROM nova.post_events GROUP BY kafka_topic_id, kafka_partition, batch_before
	) WHERE rows != claimed OR batch_before != expected`)
	require.Empty(t, broken, "inserts that break the chain")
}

func counts(t *testing.T, db *sql.DB, query string) map[string]int {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	require.NoError(t, err)
	defer rows.Close()
	found := map[string]int{}
	for rows.Next() {
		var key string
		var n uint64
		require.NoError(t, rows.Scan(&key, &n))
		found[key] = int(n)
	}
	require.NoError(t, rows.Err())
	return found
}

// The same at each single step, on a real server, in the second batch.
func TestSinkOnServerCrashAtEachStep(t *testing.T) {
	client, db := openTables(t)
	for _, step := range []string{beforeAnnounce, afterAnnounce, beforeInsert, afterInsert, beforeCommit, afterCommit} {
		t.Run(step, func(t *testing.T) {
			for _, table := range []string{"post_events", "by_post"} {
				_, err := db.ExecContext(t.Context(), "TRUNCATE TABLE nova."+table)
				require.NoError(t, err)
			}
			b := startBroker(t, 1)
			b.produce(450)
			b.crashAt(client, step, 1)
			b.startSink(client, func(s *running) { s.cfg.BatchRecords = 77 })
			b.drained()
			b.exactOn(db)
		})
	}
}
