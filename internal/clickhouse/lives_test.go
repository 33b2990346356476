package clickhouse

import (
	"strconv"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
)

func TestServer_is_another_after_each_start(t *testing.T) {
	dir := t.TempDir()
	var runs []uint64
	for i := range 3 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse), devstacktest.DataDir(dir))
			cfg := DefaultConfig()
			cfg.Addrs, cfg.Database = []string{stack.ClickHouseAddr()}, "default"
			c, err := Open(cfg)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, c.Close()) })
			run, err := c.Server(t.Context())
			require.NoError(t, err)
			require.NotContains(t, runs, run)
			runs = append(runs, run)
			for range 3 {
				again, err := c.Server(t.Context())
				require.NoError(t, err)
				require.Equal(t, run, again)
			}
		})
	}
}

func TestInserting_finds_an_insert_by_its_token(t *testing.T) {
	t.Parallel()
	c, db := openTables(t)
	block := &Block{TopicID: "topic", Partition: 3, First: 0, Last: 9, Part: "202411"}
	done := make(chan error, 1)
	go func() {
		_, err := db.ExecContext(t.Context(), `INSERT INTO nova.post_events (event_id) SELECT toString(sleepEachRow(0.1)) FROM numbers(20)
			SETTINGS max_block_size = 1, insert_deduplication_token = '`+block.Token()+`'`)
		done <- err
	}()
	found := func() bool {
		running, err := c.Inserting(t.Context(), block)
		require.NoError(t, err)
		return running
	}
	require.Eventually(t, found, 10*time.Second, time.Millisecond)
	other := *block
	other.Attempt = 1
	running, err := c.Inserting(t.Context(), &other)
	require.NoError(t, err)
	require.False(t, running)
	require.NoError(t, <-done)
	require.False(t, found())
}

// A server was killed after it noted the token of a block and before it kept the rows: under the old token they would
// never come. A block of the same range that has its rows keeps its token.
func TestLostRows_are_sent_under_a_fresh_token(t *testing.T) {
	t.Parallel()
	client, db := openTables(t)
	b := startBroker(t, 1)
	var activities []*schemas.EnrichedEvent
	for i := range int64(10) {
		activities = append(activities, activity(strconv.FormatInt(i, 10), []int64{november, december}[i%2], from(0, i)))
	}
	b.send(activities...)
	id, err := kafka.TopicID(newSaramaClient(t, b), activityTopic)
	require.NoError(t, err)
	before := newBatch(PostEvents, checkpoint{})
	for i, a := range activities {
		before.add(input{row: rowOf(int64(i), a)})
	}
	announced := before.announcement(1) // no run of this server
	for _, block := range before.blocks(id, 0, announced) {
		require.NoError(t, client.Insert(t.Context(), block))
	}
	// The token stays known.
	for _, q := range []string{
		"ALTER TABLE nova.post_events DELETE WHERE toYYYYMM(event_time) = 202411 SETTINGS mutations_sync = 2",
		"ALTER TABLE nova.by_post DELETE WHERE month = 202411 SETTINGS mutations_sync = 2",
	} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	require.NoError(t, client.Insert(t.Context(), before.blocks(id, 0, announced)[0]))
	require.Equal(t, []uint64{5}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"), "so the block does not come back under it")
	_, err = db.ExecContext(t.Context(), "ALTER TABLE nova.by_post DELETE WHERE month = 202411 SETTINGS mutations_sync = 2")
	require.NoError(t, err)

	b.commit(before.announced(announced))
	b.startSink(client)
	b.drained()
	b.exactOn(db)
	require.Equal(t, map[string]int{"202411 1": 5, "202412 0": 5},
		counts(t, db, "SELECT concat(toString(toYYYYMM(event_time)), ' ', toString(batch_attempt)), count() FROM nova.post_events GROUP BY ALL"))
}

// Columns that the table lacks are added before the first insert, and again if somebody drops them.
func TestSinkAddsColumns(t *testing.T) {
	t.Parallel()
	client, db := openTables(t)
	b := startBroker(t, 1)
	drop := func() {
		_, err := db.ExecContext(t.Context(), "ALTER TABLE nova.post_events DROP COLUMN batch_rows, DROP COLUMN app_ver SETTINGS mutations_sync = 2")
		require.NoError(t, err)
	}
	types := func() []string {
		return readColumn[string](t, db, `SELECT concat(name, ' ', type) FROM system.columns
			WHERE database = 'nova' AND table = 'post_events' AND name IN ('app_ver', 'batch_rows') ORDER BY name`)
	}
	want := types()
	require.Len(t, want, 2)
	drop()
	b.produce(100)
	b.startSink(client)
	b.drained()
	require.Equal(t, want, types())
	drop()
	b.produce(100)
	b.drained()
	require.Equal(t, want, types())
	require.Equal(t, []uint64{uint64(b.account().Applied)}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"))
}

func newSaramaClient(t *testing.T, b *broker) sarama.Client {
	t.Helper()
	client, err := sarama.NewClient(b.ListenAddrs(), kafka.NewConfig("test"))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client
}
