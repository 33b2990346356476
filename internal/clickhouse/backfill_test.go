package clickhouse

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Rows that were there before the roll-ups are counted, while a sink goes on inserting and another insert is under way.
// What the sink had inserted and not committed it sends again, under a token the roll-ups have never seen.
func TestMigrate_counts_what_was_there_before(t *testing.T) {
	t.Parallel()
	c, db, cfg := openRollups(t)
	exec := func(q string) {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	for _, view := range []string{"post_engagement_hourly_mv", "post_engagement_minutely_mv", "post_stats_24h_mv"} {
		exec("DROP VIEW nova." + view)
	}
	exec("ALTER TABLE nova.goose_db_version DELETE WHERE version_id >= 4 SETTINGS mutations_sync = 2")

	now := time.Now().UnixMilli()
	random := rand.New(rand.NewPCG(1, 2))
	w := newTruth()
	for p := range int32(3) {
		for _, b := range w.batch(random, p, 300, now-6*3600*1000) {
			require.NoError(t, c.Insert(t.Context(), b))
		}
	}
	// Announced and inserted, not committed.
	pending := w.batch(random, 0, 300, now-6*3600*1000)
	for _, b := range pending {
		require.NoError(t, c.Insert(t.Context(), b))
	}
	for _, b := range w.batch(random, 0, 50, now-6*3600*1000) { // a second block of that range
		require.NoError(t, c.Insert(t.Context(), b))
		pending = append(pending, b)
	}
	// Of this one, the first of two months has been inserted.
	halves := append(w.batch(random, 1, 100, november-12*3600*1000), w.batch(random, 1, 100, now-6*3600*1000)...)
	halves = sameRange(halves)
	require.NoError(t, c.Insert(t.Context(), halves[0]))

	slow := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(context.WithoutCancel(t.Context()), `INSERT INTO nova.post_events (event_time, event_type, post_id, kafka_topic_id, kafka_partition)
			SELECT toDateTime('2024-11-05 10:00:00', 'UTC') + sleepEachRow(0.3), 'post_view', 'slow', 'topic', 9 FROM numbers(12) SETTINGS max_block_size = 1`)
		slow <- err
	}()
	require.Eventually(t, func() bool {
		return readColumn[uint64](t, db, "SELECT count() FROM system.processes WHERE query LIKE '%sleepEachRow(0.3)%'")[0] == 2
	}, 5*time.Second, 5*time.Millisecond)
	w.rows += 12
	at := time.Date(2024, 11, 5, 10, 0, 0, 0, time.UTC).Unix()
	w.hourly[place{at, "slow"}], w.minutely[place{at, "slow"}] = counted{views: 12}, counted{views: 12}

	var (
		sink          sync.WaitGroup
		stop, refused = make(chan struct{}), 0
	)
	sink.Go(func() {
		for {
			for _, b := range w.batch(random, 2, 20, now-6*3600*1000) {
				for err := c.Insert(t.Context(), b); err != nil; err = c.Insert(t.Context(), b) {
					if t.Context().Err() != nil {
						return
					}
					refused++
					time.Sleep(time.Millisecond)
				}
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	applied, err := Migrate(t.Context(), cfg)
	close(stop)
	sink.Wait()
	require.NoError(t, err)
	require.Equal(t, []string{"0004_views.sql", "0008_comments.sql", "0009_repairs.sql", "0010_mirrors.sql", "0011_cdc_transactions.sql"}, applied)
	require.NoError(t, <-slow)
	require.Positive(t, refused, "the sink had to wait")

	for _, b := range append(pending, halves...) {
		require.NoError(t, c.Insert(t.Context(), b))
	}
	for range 2 {
		for _, b := range w.batch(random, 0, 300, now-6*3600*1000) {
			require.NoError(t, c.Insert(t.Context(), b))
		}
	}
	for p := range w.minutely { // minutes that would expire at once were not made
		if p.at < time.UnixMilli(now).UTC().Truncate(day).Add(-2*day).Unix() {
			delete(w.minutely, p)
		}
	}
	w.check(t, db)
}

// sameRange makes two blocks of one partition those of one range in two months.
func sameRange(blocks []*Block) []*Block {
	first, last := blocks[0].First, blocks[len(blocks)-1].Last
	for _, b := range blocks {
		b.First, b.Last = first, last
	}
	return blocks
}

// A migration that was killed leaves the table refusing inserts and some of the views. The next one finishes.
func TestMigrate_finishes_what_was_killed(t *testing.T) {
	c, db, cfg := openRollups(t)
	w := newTruth()
	random := rand.New(rand.NewPCG(3, 4))
	recently := time.Now().UnixMilli() - 6*3600*1000
	insert := func() {
		for _, b := range w.batch(random, 0, 100, recently) {
			require.NoError(t, c.Insert(t.Context(), b))
		}
	}
	insert()
	for _, q := range []string{
		"ALTER TABLE nova.goose_db_version DELETE WHERE version_id >= 4 SETTINGS mutations_sync = 2",
		"DROP VIEW nova.post_engagement_minutely_mv",
		"DROP TABLE nova.post_stats_24h_mv",
		"INSERT INTO nova.post_engagement_hourly SELECT now(), 'half done', 1, 1, 1, 1, 1, 1",
	} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	insert() // some got in between

	held := func(change string) {
		_, err := db.ExecContext(t.Context(), "ALTER TABLE nova.post_events "+change)
		require.NoError(t, err)
	}
	held("MODIFY SETTING table_readonly = 1")
	applied, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, []string{"0004_views.sql", "0008_comments.sql", "0009_repairs.sql", "0010_mirrors.sql", "0011_cdc_transactions.sql"}, applied)
	insert()
	w.check(t, db)

	held("MODIFY SETTING table_readonly = 1") // killed after the last statement
	applied, err = Migrate(t.Context(), cfg)
	require.NoError(t, err)
	require.Empty(t, applied)
	insert()
	w.check(t, db)
}

// A sink that comes before the migrations adds the columns it needs; they find them, and give them what else they want.
func TestMigrate_takes_columns_that_a_sink_has_added(t *testing.T) {
	cfg, db := startServer(t)
	_, err := Migrate(t.Context(), cfg)
	require.NoError(t, err)
	definitions := "SELECT concat(name, type, default_expression, comment, compression_codec) FROM system.columns WHERE database = 'nova' AND table = 'post_events' ORDER BY position"
	want := readColumn[string](t, db, definitions)
	for _, q := range []string{
		"ALTER TABLE nova.goose_db_version DELETE WHERE version_id >= 2 SETTINGS mutations_sync = 2",
		"DROP VIEW nova.post_engagement_hourly_mv", "DROP VIEW nova.post_engagement_minutely_mv",
		`ALTER TABLE nova.post_events DROP COLUMN previous_device, DROP COLUMN connects_session_id, DROP COLUMN root_partition,
		 DROP COLUMN root_offset, DROP COLUMN batch_before, DROP COLUMN batch_rows`,
	} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err, q)
	}
	client, err := Open(cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, client.Close()) }()
	require.NoError(t, client.Prepare(t.Context(), PostEvents, PostEvents.current, nil))
	require.NotEqual(t, want, readColumn[string](t, db, definitions))
	_, err = Migrate(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, want, readColumn[string](t, db, definitions))
}
