package reconcile

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// server is a ClickHouse with what a sink has written of a small, made-up Kafka.
type server struct {
	t     *testing.T
	stack *devstack.Stack
	*Reconciler
	kafka *madeUp
	now   time.Time
}

// madeUp is a Kafka of which everything is known: two partitions of `events`, one of the sink's topic.
type madeUp struct {
	events  map[int32]*[]time.Time // append times
	applied map[int32]int64        // by dedup
	dead    []Letter
	refused []Root // by the sink, as far as letters say
	log     []Record
	commit  streams.PartitionStatus   // of the sink
	others  []streams.PartitionStatus // of the sink, without records
	asked   int                       // how often for the sink
}

func (m *madeUp) Groups(_ context.Context, inputs []streams.Input) ([]streams.GroupStatus, error) {
	var out []streams.GroupStatus
	for _, in := range inputs {
		g := streams.GroupStatus{Input: in}
		if in.Group == "first" {
			for p := range int32(len(m.events)) {
				n := int64(len(*m.events[p]))
				dead := int64(0)
				for _, l := range m.dead {
					if l.Partition == p {
						dead++
					}
				}
				a := schemas.Accounting{In: n, Applied: m.applied[p], Dead: dead, Duplicate: n - m.applied[p] - dead}
				g.Partitions = append(g.Partitions, streams.PartitionStatus{Partition: p, Committed: n, End: n, Meta: schemas.CommitMeta{Accounting: a}})
			}
		} else {
			m.asked++
			g.Partitions = append([]streams.PartitionStatus{m.commit}, m.others...)
		}
		out = append(out, g)
	}
	return out, nil
}

func (m *madeUp) OffsetsAt(_ context.Context, _ string, times []time.Time) (map[int32][]int64, error) {
	at := map[int32][]int64{}
	for p, appended := range m.events {
		for _, t := range times {
			n := int64(0)
			for _, a := range *appended {
				if a.Before(t) {
					n++
				}
			}
			at[p] = append(at[p], n)
		}
	}
	return at, nil
}

func (m *madeUp) TopicID(string) (string, error) { return "now", nil }

func (m *madeUp) EachLetter(_ context.Context, _, _ string, _ time.Time, f func(Letter)) (bool, error) {
	for _, l := range append(m.dead, m.dead...) { // each is there twice
		f(l)
	}
	return true, nil
}

func (m *madeUp) Refused(_ context.Context, letters, topic string) ([]Root, error) {
	if letters != "enriched-events-dlq" || topic != "enriched-events" {
		return nil, fmt.Errorf("nobody writes %s", letters)
	}
	return m.refused, nil
}

func (m *madeUp) Records(_ context.Context, _ string, _ int32, first, last int64) ([]Record, error) {
	var found []Record
	for _, r := range m.log {
		if r.Offset >= first && r.Offset <= last {
			found = append(found, r)
		}
	}
	return found, nil
}

// startServer writes 600 events over three hours, of which every fifth is a repeat and every fiftieth refused, in
// inserts of 50 rows. It has no views, or each lost row would be a difference of theirs, too: they have tests of their own.
func startServer(t *testing.T) *server {
	t.Helper()
	s := migrated(t, noon)
	for _, q := range []string{
		"DROP VIEW post_engagement_hourly_mv", "DROP VIEW post_engagement_minutely_mv", "DROP VIEW post_stats_24h_mv",
		"DROP TABLE post_engagement_hourly", "DROP TABLE post_engagement_minutely", "DROP TABLE post_stats_24h",
	} {
		s.sql(q)
	}
	s.write(noon, 18*time.Second)
	return s
}

// migrated starts a server with empty tables, to be compared three hours after begin.
func migrated(t *testing.T, begin time.Time) *server {
	t.Helper()
	stack := devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse))
	cfg := clickhouse.DefaultConfig()
	cfg.Addrs = []string{stack.ClickHouseAddr()}
	_, err := clickhouse.Migrate(t.Context(), cfg)
	require.NoError(t, err)
	client, err := clickhouse.Open(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	m := &madeUp{events: map[int32]*[]time.Time{0: {}, 1: {}}, applied: map[int32]int64{}}
	return &server{t: t, stack: stack, kafka: m, now: begin.Add(3 * time.Hour), Reconciler: &Reconciler{
		Config: DefaultConfig(), Broker: m, Topics: m, Table: NewTable(client),
		Flow: Flow{
			Groups: []streams.Input{{Group: "first", Topic: "events"}, {Group: "sink", Topic: "enriched-events"}},
			Edges:  []Edge{{From: []string{"first"}, To: []string{"sink"}}}, Path: []string{"first", "sink"},
			Letters: map[string]string{"sink": "enriched-events-dlq"},
		},
	}}
}

// write has 600 events happen, one each time that long after the one before, and arrive.
func (s *server) write(begin time.Time, apart time.Duration) {
	s.t.Helper()
	m := s.kafka
	var batch []string
	for i := range 600 {
		p, at := int32(i%2), begin.Add(time.Duration(i)*apart)
		offset := int64(len(*m.events[p]))
		*m.events[p] = append(*m.events[p], at)
		switch {
		case i%50 == 49:
			m.dead = append(m.dead, Letter{p, offset, at.UnixMilli()})
		case i%5 != 3:
			m.applied[p]++
			m.log = append(m.log, Record{int64(len(m.log)), at.UnixMilli(), at.UnixMilli()})
			batch = append(batch, fmt.Sprintf("'e%d', fromUnixTimestamp64Milli(%d), %d, 'p%d', %d, fromUnixTimestamp64Milli(%d), 'now', 0, %d, %d, %d",
				i, at.UnixMilli(), 1+i%5, i%7, i, at.UnixMilli(), len(m.log)-1, p, offset))
		}
		if len(batch) == 50 {
			s.insert(batch, "")
			batch = nil
		}
	}
	s.insert(batch, "")
	s.commit()
}

// commit has the sink commit all that was written.
func (s *server) commit() {
	n := int64(len(s.kafka.log))
	s.kafka.commit = streams.PartitionStatus{Committed: n, End: n, Meta: schemas.CommitMeta{Accounting: schemas.Accounting{In: n, Applied: n}}}
}

// insert writes a batch whose last row is the last of the log.
func (s *server) insert(batch []string, token string) {
	s.t.Helper()
	last := len(s.kafka.log) - 1
	first := last - len(batch) + 1
	for i := range batch {
		batch[i] = fmt.Sprintf("(%s, %d, %d, %d, %d)", batch[i], first, last, first, len(batch))
	}
	s.sql("INSERT INTO post_events (event_id, event_time, event_type, post_id, dwell_ms, root_time, kafka_topic_id, kafka_partition, kafka_offset, root_partition, root_offset, batch_first, batch_last, batch_before, batch_rows) " +
		"SETTINGS async_insert = 0, insert_deduplicate = 1, insert_deduplication_token = '" + fmt.Sprint(first, token) + "' VALUES " + strings.Join(batch, ", "))
}

func (s *server) sql(query string) []map[string]any {
	s.t.Helper()
	return devstacktest.Query(s.t, s.stack, "nova", query)
}

// again inserts rows that are there once more, under a token of their own.
func (s *server) again(columns, where string) {
	s.t.Helper()
	s.sql("INSERT INTO post_events SELECT " + columns + " FROM post_events WHERE " + where + " SETTINGS insert_deduplication_token = 'fresh'")
}

func (s *server) compare() *Report {
	s.t.Helper()
	r, err := s.Run(s.t.Context(), s.now, func(string) {})
	require.NoError(s.t, err)
	return r
}

func (s *server) findings() []Finding { return s.compare().Findings }

func TestServer_is_balanced(t *testing.T) {
	s := startServer(t)
	r := s.compare()
	require.Empty(t, r.Findings)
	require.Empty(t, r.Notes)
	require.True(t, r.Balanced)
	require.True(t, r.Settled)
	require.Zero(t, r.Open)
	require.Equal(t, []Inserts{{TopicID: "now", Inserts: 10, Rows: 468}}, r.Inserts)
	var hours []Hour
	for h := range 3 {
		for p := range int32(2) {
			hours = append(hours, Hour{noon.Add(time.Duration(h) * time.Hour), p, 100, 80 - 4*int64(p), 4 * int64(p), 20})
		}
	}
	require.ElementsMatch(t, hours, r.Hours)
	require.Equal(t, []int64{240, 228}, []int64{r.Totals[0].Rows, r.Totals[1].Rows})
	require.Equal(t, []int64{0, 12}, []int64{r.Totals[0].Letters, r.Totals[1].Letters})
	require.True(t, r.Totals[0].Compared)
	require.Equal(t, []string{"skipped, there are none: nova migrate makes them"}, r.Views)
}

// A single row that is deleted, either way ClickHouse does that, is named by its offset, its hour and its event's partition.
func TestServer_lost_row_is_named(t *testing.T) {
	s := startServer(t)
	for n, statement := range []string{
		"ALTER TABLE post_events DELETE WHERE kafka_offset = 217 SETTINGS mutations_sync = 2",
		"DELETE FROM post_events WHERE kafka_offset = 300",
	} {
		offset := []int64{217, 300}[n]
		root := s.sql(fmt.Sprintf("SELECT root_partition, toUnixTimestamp64Milli(root_time) AS at FROM post_events WHERE kafka_offset = %d", offset))[0]
		s.sql(statement)
		found := s.findings()
		require.Len(t, found, 2*(n+1)-overlapping(found))
		f := found[n]
		at := unixMS(int64(root["at"].(float64)))
		require.Equal(t, named{LostRows, offset, offset, 1}, named{f.Kind, f.First, f.Last, f.Rows})
		require.True(t, f.Exact)
		require.Equal(t, "enriched-events", f.Topic)
		require.Equal(t, at, f.From)
		require.Equal(t, at, f.To)
		require.Contains(t, totals(found), int32(root["root_partition"].(float64)))
	}
}

// totals are the partitions of `events` whose totals are off, by how much.
func totals(found []Finding) map[int32]int64 {
	off := map[int32]int64{}
	for _, f := range found {
		if f.Topic == "events" {
			off[f.Partition] += f.Rows
		}
	}
	return off
}

// overlapping is how many findings in totals are of a partition that another is of, too.
func overlapping(found []Finding) int {
	n, sum := len(totals(found)), int64(0)
	for _, rows := range totals(found) {
		sum += rows
	}
	return int(sum) - n
}

// A row that is inserted again under a fresh token is named by its offset, and by the hour of its event.
func TestServer_doubled_row_is_named(t *testing.T) {
	s := startServer(t)
	root := s.sql("SELECT root_partition, root_offset, toUnixTimestamp64Milli(root_time) AS at FROM post_events WHERE kafka_offset = 133")[0]
	s.again("*", "kafka_offset = 133")
	found := s.findings()
	require.Len(t, found, 3)
	f := found[0]
	require.Equal(t, named{DuplicateRows, 133, 133, 1}, named{f.Kind, f.First, f.Last, f.Rows})
	require.True(t, f.Exact)
	hour := unixMS(int64(root["at"].(float64))).Truncate(time.Hour)
	for _, f := range found[1:] {
		require.Equal(t, DuplicateEvent, f.Kind)
		require.EqualValues(t, root["root_partition"], f.Partition)
		require.EqualValues(t, 1, f.Rows)
	}
	require.Contains(t, []time.Time{found[1].From, found[2].From}, hour, "one of the two is the hour's")
}

// A whole insert that is gone, and one that is there twice.
func TestServer_inserts_are_named(t *testing.T) {
	s := startServer(t)
	s.sql("ALTER TABLE post_events DELETE WHERE batch_first = 100 SETTINGS mutations_sync = 2")
	s.again("*", "batch_first = 250")
	var got []named
	for _, f := range s.findings() {
		if f.Topic == "enriched-events" {
			require.True(t, f.Exact)
			got = append(got, named{f.Kind, f.First, f.Last, f.Rows})
		}
	}
	require.Equal(t, []named{{LostInsert, 100, 149, 50}, {DoubledInsert, 250, 299, 50}}, got)
}

// The last insert has landed and is not committed: it is on its way, whether it is there or not.
func TestServer_judges_what_is_committed(t *testing.T) {
	s := startServer(t)
	s.Config.Patience = time.Millisecond
	s.kafka.commit.Committed, s.kafka.commit.Meta.Accounting = 450, schemas.Accounting{In: 450, Applied: 450}
	s.kafka.commit.Meta.Announced = &schemas.Announcement{First: 450, Last: 467}
	for _, there := range []int64{18, 0} {
		r := s.compare()
		require.Empty(t, r.Findings)
		require.False(t, r.Settled)
		require.Len(t, r.Notes, 1)
		require.Contains(t, r.Notes[0], "18 records were still on their way to sink")
		require.Equal(t, []Inserts{{TopicID: "now", Inserts: 9, Rows: 450, Open: there}}, r.Inserts)
		s.sql("ALTER TABLE post_events DELETE WHERE batch_first = 450 SETTINGS mutations_sync = 2")
	}
}

// Only the last hours are looked at one by one; the chain is held by what came before them.
func TestServer_looks_back_as_far_as_asked(t *testing.T) {
	s := startServer(t)
	s.Config.Since = 2 * time.Hour
	r := s.compare()
	require.Empty(t, r.Findings)
	require.Less(t, r.Inserts[0].Inserts, int64(10))
	require.Len(t, r.Hours, 4)
	require.EqualValues(t, 240, r.Totals[0].Rows, "the total is of all")
	s.sql("ALTER TABLE post_events DELETE WHERE kafka_offset = 5 SETTINGS mutations_sync = 2")
	found := s.findings()
	require.Len(t, found, 1)
	require.Equal(t, LostEvents, found[0].Kind, "found all the same")
}

// Rows that a TTL takes are no loss; rows of a topic that is no more are compared among themselves.
func TestServer_raises_no_false_alarm(t *testing.T) {
	s := startServer(t)
	s.again("* REPLACE ('before' AS kafka_topic_id, 0 AS batch_before, 0 AS batch_rows, toDateTime64('2026-11-20 00:00:00', 3, 'UTC') AS root_time)", "batch_first = 0")
	r := s.compare()
	require.Empty(t, r.Findings)
	require.Len(t, r.Notes, 1)
	require.Contains(t, r.Notes[0], "50 rows do not say which event they are of")
	s.sql("ALTER TABLE post_events DELETE WHERE batch_rows = 0 SETTINGS mutations_sync = 2")

	s.Keep.PostEvents = 24 * time.Hour
	for i := range 50 { // they happened long ago
		s.kafka.log[i].EventTime -= (48 * time.Hour).Milliseconds()
	}
	s.sql("ALTER TABLE post_events DELETE WHERE batch_first = 0 SETTINGS mutations_sync = 2")
	r = s.compare()
	require.Empty(t, r.Findings)
	require.Contains(t, strings.Join(r.Notes, "\n"), "50 rows of enriched-events/0, offsets 0..49, are past the retention of post_events")
	s.Keep.PostEvents = 0
	require.NotEmpty(t, s.findings())
}

// An event that a later group has refused has no row: its dead letter is in the accounting, and one loss more is found.
func TestServer_knows_what_was_refused_later(t *testing.T) {
	s := startServer(t)
	s.sql("ALTER TABLE post_events DELETE WHERE batch_first = 450 SETTINGS mutations_sync = 2")
	s.kafka.commit.Meta.Accounting = schemas.Accounting{In: 468, Applied: 450, Dead: 18}
	r := s.compare()
	require.Empty(t, r.Findings)
	require.Equal(t, []string{"18 events have no row; 18 were refused on the way from first", "18 of them may be those of which no letter says which they are"}, r.Notes)
	s.sql("ALTER TABLE post_events DELETE WHERE kafka_offset = 17 SETTINGS mutations_sync = 2")
	lost := int64(0)
	for _, f := range s.findings() {
		if f.Kind == LostEvents {
			lost += f.Rows
		}
	}
	require.EqualValues(t, 19, lost)
}

// Refusals of other events hide nothing: letters say which were refused.
func TestServer_refusals_of_others_hide_no_loss(t *testing.T) {
	s := startServer(t)
	s.kafka.commit.Meta.Accounting.Dead = 18
	s.kafka.commit.Meta.Accounting.In += 18
	for o := range int64(18) {
		s.kafka.refused = append(s.kafka.refused, Root{0, 300 + o}) // behind the cut
	}
	s.sql("ALTER TABLE post_events DELETE WHERE kafka_offset IN (17, 217, 218) SETTINGS mutations_sync = 2")
	lost := func() (n int64) {
		for _, f := range s.findings() {
			if f.Kind == LostEvents {
				n += f.Rows
			}
		}
		return n
	}
	require.EqualValues(t, 3, lost())
	root := s.kafka.root(t, 217)
	s.kafka.refused[0] = root
	require.EqualValues(t, 2, lost(), "one of the three was refused")
	s.kafka.refused = s.kafka.refused[:17]
	require.EqualValues(t, 2, lost(), "one that no letter names may be one of the two")
	s.kafka.refused = s.kafka.refused[:16]
	require.Zero(t, lost(), "or both")
}

// root is where the event lay of which an offset of the sink's topic is.
func (m *madeUp) root(t *testing.T, offset int64) Root {
	t.Helper()
	for p, appended := range m.events {
		for o, at := range *appended {
			if at.UnixMilli() == m.log[offset].RootTime {
				return Root{p, int64(o)}
			}
		}
	}
	require.Fail(t, "no such event")
	return Root{}
}

// Rows of strangers below an insert that is lost are no rows of an older sink, and stand for none of it.
func TestServer_stray_rows_below_a_lost_insert(t *testing.T) {
	s := startServer(t)
	s.sql("ALTER TABLE post_events DELETE WHERE batch_first = 0 SETTINGS mutations_sync = 2")
	s.sql("INSERT INTO post_events (event_id, event_time, event_type, post_id, kafka_topic_id, kafka_offset) SELECT 's', event_time, event_type, post_id, 'now', kafka_offset - 50 FROM post_events WHERE kafka_offset IN (50, 60, 61)")
	r := s.compare()
	require.Empty(t, r.Notes)
	lost := int64(0)
	var got []named
	for _, f := range r.Findings {
		if f.Topic == "events" {
			lost += f.Rows
			continue
		}
		got = append(got, named{f.Kind, f.First, f.Last, f.Rows})
		require.True(t, f.Exact)
	}
	require.Equal(t, []named{{LostInsert, 0, 49, 50}, {StrayRows, 0, 11, 3}}, got)
	require.EqualValues(t, 50, lost)

	// Those of an older sink name their range, and are left alone.
	s.sql("ALTER TABLE post_events DELETE WHERE event_id = 's' SETTINGS mutations_sync = 2")
	s.sql("INSERT INTO post_events (event_id, event_time, event_type, post_id, root_time, kafka_topic_id, kafka_offset, batch_first, batch_last) " +
		"SELECT 's', event_time, event_type, post_id, root_time, 'now', kafka_offset - 50, 0, 49 FROM post_events WHERE batch_first = 50")
	r = s.compare()
	require.Empty(t, r.Findings)
	require.Len(t, r.Notes, 1)
	require.Contains(t, r.Notes[0], "50 rows do not say which event they are of")
}

// How far the sink has announced is asked once for all partitions, after all chains were read.
func TestServer_asks_once_what_is_announced(t *testing.T) {
	s := startServer(t)
	s.kafka.asked = 0
	s.compare()
	few := s.kafka.asked
	for p := range int32(7) {
		s.kafka.others = append(s.kafka.others, streams.PartitionStatus{Partition: 1 + p})
	}
	s.kafka.asked = 0
	r := s.compare()
	require.Len(t, r.Inserts, 8)
	require.Equal(t, few, s.kafka.asked)
}

// Rows that somebody else has written name no insert. They are found whichever partition they claim, and hide nothing else.
func TestServer_stray_rows_are_named(t *testing.T) {
	s := startServer(t)
	row := s.sql("SELECT toUnixTimestamp64Milli(event_time) AS at FROM post_events WHERE kafka_offset = 10")[0]
	hour := unixMS(int64(row["at"].(float64))).Truncate(time.Hour)
	s.sql("INSERT INTO post_events (event_id, event_time, event_type, user_id, post_id) SELECT event_id, event_time, event_type, user_id, post_id FROM post_events WHERE kafka_offset = 10")
	s.sql("INSERT INTO post_events (event_id, event_time, event_type, post_id, kafka_topic_id, kafka_offset) SELECT event_id, event_time, event_type, post_id, kafka_topic_id, kafka_offset FROM post_events WHERE kafka_offset IN (10, 12) AND batch_rows > 0")
	s.sql("INSERT INTO post_events (event_id, event_time, event_type, kafka_topic_id, kafka_partition, kafka_offset) SELECT event_id, event_time, event_type, kafka_topic_id, 6, 10 FROM post_events WHERE kafka_offset = 12 AND batch_rows > 0")
	r := s.compare()
	require.Empty(t, r.Notes)
	require.True(t, r.Totals[0].Compared)
	require.True(t, r.Totals[1].Compared)
	want := func(id string, partition int32, first, last, rows int64, detail string) Finding {
		return Finding{
			Kind: StrayRows, Topic: "enriched-events", topicID: id, Partition: partition, First: first, Last: last, Rows: rows,
			From: hour, To: hour.Add(time.Hour), Happened: true, Detail: detail, Exact: true,
		}
	}
	require.ElementsMatch(t, []Finding{
		want("", 0, 0, 0, 1, "1 rows name no insert, and not the topic they are of"),
		want("now", 0, 10, 12, 2, "2 rows name no insert"),
		want("now", 6, 10, 10, 1, "1 rows name no insert"),
	}, r.Findings)

	s.sql("ALTER TABLE post_events DELETE WHERE batch_first = 100 SETTINGS mutations_sync = 2")
	lost := map[Kind]int64{}
	for _, f := range s.findings() {
		lost[f.Kind] += f.Rows
	}
	require.EqualValues(t, 50, lost[LostInsert], "stray rows do not stand for others")
	require.EqualValues(t, 50, lost[LostEvents])
}

func announced(first, last int64) *schemas.Announcement {
	return &schemas.Announcement{First: first, Last: last}
}
