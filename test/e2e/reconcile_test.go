package e2e

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Amid load, nothing on its way is taken for a loss; after it, all figures are those of a recount; a row that is deleted,
// and one that is written again, are named by their offsets.
func TestReconcile(t *testing.T) {
	const file = "events_h0_dup.jsonl.gz"
	s := start(t, startServers(t, ""), app.Roles...)
	reg, err := registry.New(s.cfg.Registry, s.log())
	require.NoError(t, err)
	defer reg.Close()
	codecs, err := schemas.NewCodecs(t.Context(), reg)
	require.NoError(t, err)
	compare := func() *reconcile.Report {
		t.Helper()
		r, err := app.Reconcile(t.Context(), s.cfg, codecs, time.Now(), func(string) {}, nil)
		require.NoError(t, err)
		return r
	}
	all := lines(t, file)
	_, _, _, distinct := recount(all)
	dups := int64(len(all) - distinct)

	loaded := make(chan error, 1)
	go func() { loaded <- s.loadSlowly(testdata+file, float64(len(all))/8) }()
	amid, open := 0, 0
	for done := false; !done; {
		select {
		case err := <-loaded:
			require.NoError(t, err)
			done = true
		default:
		}
		r := compare()
		require.Empty(t, r.Findings)
		require.Empty(t, r.Notes)
		require.True(t, r.Settled)
		amid++
		if r.Open > 0 {
			open++
		}
	}
	t.Logf("%d comparisons amid load, %d of them with records on their way", amid, open)
	require.Positive(t, open, "there was no load to speak of")

	s.drained(int64(len(all)))
	letter := poisoned(t, s)
	s.drained(int64(len(all)) + 1)
	r := compare()
	require.Empty(t, r.Findings)
	require.True(t, r.Balanced)
	require.True(t, r.Settled)
	require.Zero(t, r.Open)
	sum := reconcile.Hour{}
	for _, h := range r.Hours {
		sum.In, sum.Rows, sum.Dead, sum.Repeats = sum.In+h.In, sum.Rows+h.Rows, sum.Dead+h.Dead, sum.Repeats+h.Repeats
		if h.Dead > 0 {
			require.Equal(t, letter, h.Partition)
		}
	}
	require.Len(t, r.Views, 3)
	for i, view := range []string{"post_engagement_hourly: compared from ", "post_engagement_minutely: compared from ", "post_stats_24h: "} {
		require.Contains(t, r.Views[i], view)
	}
	require.Equal(t, reconcile.Hour{In: int64(len(all)) + 1, Rows: int64(distinct), Dead: 1, Repeats: dups}, sum)
	var inserted, total int64
	for _, c := range r.Inserts {
		inserted += c.Rows
		require.Zero(t, c.Open)
	}
	for _, p := range r.Totals {
		require.True(t, p.Compared)
		total += p.Rows
	}
	require.EqualValues(t, distinct, inserted)
	require.EqualValues(t, distinct, total)
	for _, stage := range r.Stages {
		if stage.Group == string(topology.Dedup) {
			require.Equal(t, schemas.Accounting{In: int64(len(all)) + 1, Applied: int64(distinct), Duplicate: dups, Dead: 1}, stage.Accounting)
		}
	}
	s.requirePlantsFound(compare)
}

// requirePlantsFound deletes a row and writes another again, and wants both to be named.
func (s *system) requirePlantsFound(compare func() *reconcile.Report) {
	s.t.Helper()
	sql := func(format string, args ...any) []map[string]any {
		return devstacktest.Query(s.t, s.stack.Stack, s.cfg.ClickHouse.Database, fmt.Sprintf(format, args...))
	}
	rows := sql("SELECT kafka_partition AS p, kafka_offset AS o, root_partition AS root FROM post_events ORDER BY cityHash64(event_id) LIMIT 2")
	at := func(i int, column string) int64 { return int64(rows[i][column].(float64)) }
	sql("ALTER TABLE post_events DELETE WHERE kafka_partition = %d AND kafka_offset = %d SETTINGS mutations_sync = 2", at(0, "p"), at(0, "o"))
	sql("INSERT INTO post_events SELECT %s FROM post_events WHERE kafka_partition = %d AND kafka_offset = %d SETTINGS insert_deduplication_token = 'planted'", "*", at(1, "p"), at(1, "o"))
	r := compare()
	require.False(s.t, r.Balanced)
	type found struct {
		kind         reconcile.Kind
		partition    int32
		first, last  int64
		rows         int64
		exact, hours bool
	}
	var got []found
	for _, f := range r.Findings {
		if f.Topic == string(topology.EnrichedEvents) {
			got = append(got, found{f.Kind, f.Partition, f.First, f.Last, f.Rows, f.Exact, !f.From.IsZero() && !f.To.IsZero()})
		}
	}
	require.ElementsMatch(s.t, []found{
		{reconcile.LostRows, int32(at(0, "p")), at(0, "o"), at(0, "o"), 1, true, true},
		{reconcile.DuplicateRows, int32(at(1, "p")), at(1, "o"), at(1, "o"), 1, true, true},
	}, got)
	if at(0, "root") != at(1, "root") { // else one makes up for the other in the total
		require.True(s.t, slices.ContainsFunc(r.Findings, func(f reconcile.Finding) bool {
			return f.Kind == reconcile.LostEvents && int64(f.Partition) == at(0, "root") && f.Rows == 1
		}))
	}
	require.True(s.t, slices.ContainsFunc(r.Findings, func(f reconcile.Finding) bool {
		return f.Kind == reconcile.DuplicateEvent && int64(f.Partition) == at(1, "root") && f.Rows == 1
	}))
}

// loadSlowly sends a file of events as of now, so many a second.
func (s *system) loadSlowly(file string, rate float64) error {
	p, err := sarama.NewAsyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("load"))
	if err != nil {
		return err
	}
	cfg := load.DefaultConfig()
	cfg.Rate, cfg.ShiftTo = rate, time.Now()
	_, err = load.Run(s.t.Context(), cfg, file, p, func(int, int) {})
	return err
}

// poisoned sends a record that is no event and returns its partition.
func poisoned(t *testing.T, s *system) int32 {
	t.Helper()
	m := &sarama.ProducerMessage{Topic: string(topology.Events), Key: sarama.StringEncoder("u:p"), Value: sarama.StringEncoder("no event")}
	produce(t, s, []*sarama.ProducerMessage{m})
	return m.Partition
}
