package clickhouse

import (
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/schemas"
)

// troubled is a sink on a server behind a proxy.
func troubled(t *testing.T, alter ...func(*running)) (p *proxy, b *broker, s *running, exact func()) {
	t.Helper()
	direct, db := openTables(t)
	p = startProxy(t, direct.cfg.Addrs[0])
	cfg := direct.cfg
	cfg.InsertTimeout = 300 * time.Millisecond
	cfg.Breaker = BreakerConfig{Failures: 4, Successes: 1, OpenFor: 400 * time.Millisecond}
	b = startBroker(t, 2)
	alter = append(alter, func(s *running) { s.deps.Metrics = NewMetrics(prometheus.NewRegistry()) })
	s = b.startSink(p.client(t, cfg), alter...)
	return p, b, s, func() { t.Helper(); b.drained(); b.exactOn(db) }
}

// A server that answers errors, hangs, closes in the middle of an insert or has no room on its disk: the breaker opens
// and closes, the member keeps its place, and in the end every row is there once.
func TestSinkOnServerInTrouble(t *testing.T) {
	t.Parallel()
	p, b, s, exact := troubled(t)
	b.produce(300)
	exact()
	epoch := b.GroupInfo(groupName).Epoch
	for _, c := range []struct {
		name string
		trouble
	}{
		{"errors", says(999, "Keeper is away")},
		{"too many parts", says(252, "Too many parts (3000)")},
		{"full disk", says(243, "Cannot reserve 1.00 MiB, not enough space")},
		{"hangs", hangs},
		{"closes mid-insert", closesMidInsert},
		{"loses answers", losesTheAnswer},
	} {
		p.make(c.trouble)
		b.produce(50)
		require.Eventually(t, func() bool { return p.fired.Load() >= 4 }, 20*time.Second, time.Millisecond, c.name)
		require.Eventually(t, func() bool { return s.Status().Breaker == BreakerOpen }, 20*time.Second, time.Millisecond, c.name)
		require.Equal(t, commits.StateWaiting, s.Status().State, c.name)
		time.Sleep(2500 * time.Millisecond) // longer than the session timeout
		require.Equal(t, epoch, b.GroupInfo(groupName).Epoch, "%s: no rebalance", c.name)
		p.make(nil)
		exact()
		require.Equal(t, BreakerClosed, s.Status().Breaker, c.name)
		require.Equal(t, commits.StateRunning, s.Status().State, c.name)
	}
	require.Zero(t, testutil.ToFloat64(s.deps.Metrics.halvings), "trouble of the server is not the rows' fault")
}

// While the breaker is open, nothing is sent but one trial per open time, and no more is read than the batch that waits.
func TestOpenBreaker_stops_inserts_and_reading(t *testing.T) {
	t.Parallel()
	var read atomic.Int64
	p, b, s, exact := troubled(t, func(s *running) { s.deps.Records = countingCodec{s.deps.Records, &read} })
	b.produce(10)
	exact()
	p.make(says(243, "no space"))
	before := read.Load()
	b.produce(5000)
	require.Eventually(t, func() bool { return s.Status().Breaker == BreakerOpen }, 20*time.Second, time.Millisecond)
	fired := p.fired.Load()
	time.Sleep(2 * time.Second)
	require.LessOrEqual(t, p.fired.Load()-fired, int64(2*time.Second/(400*time.Millisecond)+1), "one trial per open time")
	require.LessOrEqual(t, read.Load()-before, int64(2*(s.cfg.BatchRecords+1)), "two partitions: a batch and one record of each")
	p.make(nil)
	exact()
}

type countingCodec struct {
	goka.Codec
	read *atomic.Int64
}

func (c countingCodec) Decode(data []byte) (any, error) {
	c.read.Add(1)
	return c.Codec.Decode(data)
}

// One row in 10,000 that the table refuses: it becomes a dead letter with the server's reason, the others are rows.
func TestRefusedRow_becomes_a_dead_letter_alone(t *testing.T) {
	const n, bad = 10_000, 6_543
	client, db := openTables(t)
	_, err := db.ExecContext(t.Context(), `ALTER TABLE nova.post_events ADD CONSTRAINT good CHECK user_id != 'bad'`)
	require.NoError(t, err)
	b := startBroker(t, 1)
	var activities []*schemas.EnrichedEvent
	for i := range int64(n) {
		a := activity(strconv.FormatInt(i, 10), december+i, from(0, i))
		a.PostID = fmt.Sprint("p", i%7)
		if i == bad {
			a.UserID = "bad"
		}
		activities = append(activities, a)
	}
	b.send(activities...)
	inserts := 0
	b.startSink(client, func(s *running) { s.cfg.BatchRecords, s.cfg.BatchAge = n, time.Minute }, stepping(func(step string, _ *Block) error {
		if step == beforeInsert {
			inserts++
		}
		return nil
	}))
	b.drained()

	require.Equal(t, []uint64{n - 1}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"))
	require.Equal(t, []uint64{n - 1}, readColumn[uint64](t, db, "SELECT uniqExact(kafka_offset) FROM nova.post_events"))
	require.Equal(t, []uint64{n - 1}, readColumn[uint64](t, db, "SELECT sum(rows) FROM nova.by_post"))
	require.Empty(t, readColumn[string](t, db, "SELECT event_id FROM nova.post_events WHERE user_id = 'bad'"))
	requireChain(t, db)
	letters := b.readLetters()
	require.Len(t, letters, 1)
	require.Equal(t, int64(bad), letters[0].Offset)
	require.Equal(t, schemas.ReasonBadRow, letters[0].Reason)
	require.Contains(t, letters[0].Detail, "good", "the server names the constraint")
	value, err := b.codecs.EnrichedEvents.Encode(activities[bad])
	require.NoError(t, err)
	require.Equal(t, value, letters[0].Value)
	require.Equal(t, schemas.Accounting{In: n, Applied: n - 1, Dead: 1}, b.account())
	require.LessOrEqual(t, inserts, 2*14+1, "two per halving")
	require.Greater(t, inserts, 14)
}

// A view that fails after the table has the rows: the same block again until it works, never halved.
func TestFailingView_is_waited_for(t *testing.T) {
	t.Parallel()
	client, db := openTables(t)
	for _, q := range []string{
		`CREATE TABLE nova.switch (broken UInt8) ENGINE = MergeTree ORDER BY broken`,
		`INSERT INTO nova.switch VALUES (1)`,
		`CREATE TABLE nova.other (month UInt32, post_id String, rows UInt64) ENGINE = SummingMergeTree
		 PARTITION BY month ORDER BY (month, post_id) SETTINGS non_replicated_deduplication_window = 10000`,
		`CREATE MATERIALIZED VIEW nova.z_fails TO nova.other AS
		 SELECT toYYYYMM(event_time) AS month, post_id, throwIf((SELECT max(broken) FROM nova.switch) = 1) + 1 AS rows FROM nova.post_events`,
	} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	b := startBroker(t, 1)
	b.produce(300)
	s := b.startSink(client, func(s *running) { s.deps.Metrics = NewMetrics(prometheus.NewRegistry()) })
	require.Eventually(t, func() bool { return testutil.ToFloat64(s.deps.Metrics.retries) >= 5 }, 20*time.Second, time.Millisecond)
	require.Equal(t, commits.StateWaiting, s.Status().State)
	require.Contains(t, s.Status().LastError, "the table has the rows")
	require.Equal(t, BreakerClosed, s.Status().Breaker, "the server is well")
	require.Zero(t, testutil.ToFloat64(s.deps.Metrics.halvings))
	for _, q := range []string{`INSERT INTO nova.switch VALUES (0)`, `ALTER TABLE nova.switch DELETE WHERE broken = 1 SETTINGS mutations_sync = 2`} {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err)
	}
	b.drained()
	b.exactOn(db)
	_, want, _, _ := b.recount()
	require.Equal(t, want, counts(t, db, "SELECT concat(toString(month), ' ', post_id), sum(rows) FROM nova.other GROUP BY month, post_id"))
	require.Zero(t, testutil.ToFloat64(s.deps.Metrics.halvings))
}
