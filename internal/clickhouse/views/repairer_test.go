package views

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// sink is how far the sink has come, as the test says, and the repairer that asks.
type sink struct {
	*server
	at      Progress
	run     uint64
	metrics *Metrics
	*Repairer
}

func startRepairer(t *testing.T) *sink {
	t.Helper()
	s := &sink{server: start(t), metrics: NewMetrics(prometheus.NewRegistry())}
	var err error
	s.run, err = s.server.client.Server(t.Context())
	require.NoError(t, err)
	s.at = Progress{TopicID: "topic", Committed: []int64{0, 0}}
	s.Repairer = s.another()
	return s
}

func (s *sink) another() *Repairer {
	return NewRepairer(s.server.client, s.cfg.Retention, func(context.Context) (Progress, error) { return s.at, nil }, s.metrics, slog.New(slog.DiscardHandler))
}

// write inserts views of a post, one a minute from the hour on, as a batch of its own, without the views of names.
func (s *sink) write(partition int, first int64, post string, hour time.Time, n int, names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.exec("DETACH TABLE " + name)
	}
	s.exec(fmt.Sprintf(`INSERT INTO post_events (post_id, event_time, event_type, dwell_ms, root_time, kafka_topic_id, kafka_partition, kafka_offset, batch_first, batch_last)
		SELECT '%s', toDateTime(%d, 'UTC') + number * 60, 'post_view', 5, now64(3), 'topic', %d, %d + number, %d, %d FROM numbers(%d)`,
		post, hour.Unix(), partition, first, first, first+int64(n)-1, n))
	for _, name := range names {
		s.exec("ATTACH TABLE " + name)
	}
}

const (
	hourlyMV   = "post_engagement_hourly_mv"
	minutelyMV = "post_engagement_minutely_mv"
)

// requireAgreed compares both roll-ups with post_events, by post, hour and minute.
func (s *sink) requireAgreed() {
	s.t.Helper()
	for _, v := range []view{all[0], all[1]} {
		require.Equal(s.t,
			s.lines(`SELECT `+v.start+`(event_time) AS b, post_id, toInt64(count()), toInt64(sum(dwell_ms)) FROM post_events GROUP BY b, post_id ORDER BY b, post_id`),
			s.lines(`SELECT `+v.column+` AS b, post_id, toInt64(sum(views)), toInt64(sum(dwell_ms)) FROM `+v.target+` GROUP BY b, post_id ORDER BY b, post_id`), v.name)
	}
}

func (s *sink) added() [2]int {
	return [2]int{int(testutil.ToFloat64(s.metrics.added.WithLabelValues(hourlyMV))), int(testutil.ToFloat64(s.metrics.added.WithLabelValues(minutelyMV)))}
}

func (s *sink) runs(n int) {
	s.t.Helper()
	for range n {
		require.NoError(s.t, s.Run(s.t.Context()))
	}
}

func TestRepairer_adds_what_roll_ups_lack(t *testing.T) {
	t.Parallel()
	s := startRepairer(t)
	hour := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	s.write(0, 0, "a", hour, 10)
	s.write(0, 10, "a", hour, 7, hourlyMV)                                                                // one of two lost it
	s.write(1, 0, "b", hour, 3, hourlyMV, minutelyMV)                                                     // both did
	s.write(1, 3, "c", hour.AddDate(0, -2, 0), 4, hourlyMV)                                               // another month; minutes are gone by now
	s.exec(`ALTER TABLE post_engagement_minutely DELETE WHERE post_id = 'c' SETTINGS mutations_sync = 1`) // as they would be

	s.at.Runs = []uint64{s.run + 1}
	s.runs(3)
	require.Equal(t, [2]int{}, s.added(), "a sink may send one of them again")
	s.at.Runs = []uint64{s.run}

	s.runs(3)
	require.Equal(t, [2]int{}, s.added(), "nothing is committed")
	s.at.Committed = []int64{17, 3}
	s.runs(1)
	require.Equal(t, [2]int{2, 3}, s.added())
	s.at.Committed[1] = 7
	s.runs(1)
	require.Equal(t, [2]int{3, 3}, s.added())
	s.exec(`DELETE FROM post_events WHERE post_id = 'c' AND kafka_offset = 4`) // on purpose: that stays counted
	s.runs(2)
	require.Equal(t, [2]int{3, 3}, s.added())
	require.Equal(t, []string{`[4]`}, s.lines(`SELECT toInt64(sum(views)) FROM post_engagement_hourly WHERE post_id = 'c'`))
	s.exec(`DELETE FROM post_events WHERE post_id = 'c'`)
	s.exec(`ALTER TABLE post_engagement_hourly DELETE WHERE post_id = 'c' SETTINGS mutations_sync = 1`)
	s.requireAgreed()

	// All agrees: nothing is compared any more, by nobody, until the server is started anew.
	require.Equal(t, s.run, s.agreed)
	s.write(0, 17, "a", hour, 1, hourlyMV)
	s.at.Committed[0] = 18
	s.runs(1)
	require.NoError(t, s.another().Run(t.Context()))
	require.Equal(t, [2]int{3, 3}, s.added())
}

func TestRepairer_tells_open_rows_from_lost_ones(t *testing.T) {
	t.Parallel()
	s := startRepairer(t)
	hour := time.Now().UTC().Truncate(time.Hour)
	s.at.Committed = []int64{5, 0}
	s.write(0, 0, "a", hour, 5, hourlyMV)
	s.write(1, 0, "a", hour, 2)           // counted by both, not committed
	s.write(1, 2, "a", hour, 9, hourlyMV) // the sink has not yet repeated this
	s.runs(1)
	require.Equal(t, []string{`[5]`}, s.lines(`SELECT toInt64(sum(views)) FROM post_engagement_hourly`), "2 counted, and at least 3 of 5 lost")
	s.exec(`INSERT INTO post_engagement_hourly (hour, post_id, views, dwell_ms) SELECT toStartOfHour(event_time), post_id, count(), sum(dwell_ms)
		FROM post_events WHERE batch_first = 2 GROUP BY ALL`) // as its repeat does
	s.runs(3)
	require.Zero(t, s.agreed, "of 16 rows 14 are counted, and 11 are open")
	s.at.Committed[1] = 11
	s.runs(3)
	s.requireAgreed()
	require.Equal(t, s.run, s.agreed)
}

// Two processes find the same; one was killed before it noted what it had added.
func TestRepairer_adds_once(t *testing.T) {
	t.Parallel()
	s := startRepairer(t)
	hour := time.Now().UTC().Truncate(time.Hour)
	s.write(0, 0, "a", hour, 5, hourlyMV)
	s.at.Committed = []int64{5, 0}
	found, err := s.lacking(t.Context(), all[0], s.at)
	require.NoError(t, err)
	require.Len(t, found, 1)
	token := "repair/1/post_engagement_hourly/" + hour.Format("200601")
	require.NoError(t, s.add(t.Context(), all[0], token, found))
	require.NoError(t, s.another().add(t.Context(), all[0], token, found))
	s.requireAgreed()

	s.write(0, 5, "b", hour, 3, hourlyMV)
	s.at.Committed[0] = 8
	s.runs(1)
	require.Equal(t, []string{`[5]`}, s.lines(`SELECT toInt64(sum(views)) FROM post_engagement_hourly`), "number 1 is taken")
	s.runs(3)
	s.requireAgreed()
	require.Equal(t, s.run, s.agreed)
}

// Two processes compare at once, one of them with the other's steps between any two of its own.
func TestRepairers_beside_each_other_add_once(t *testing.T) {
	t.Parallel()
	s := startRepairer(t)
	hour := time.Now().UTC().Truncate(time.Hour)
	s.write(0, 0, "a", hour, 5, hourlyMV, minutelyMV)
	s.at.Committed = []int64{5, 0}
	for step := range 4 {
		s.write(0, s.at.Committed[0], "a", hour, 2, hourlyMV, minutelyMV)
		s.at.Committed[0] += 2
		other, asked := s.another(), 0
		first := s.another()
		first.progress = func(ctx context.Context) (Progress, error) {
			if asked++; asked == step%2+1 { // between reading the number and comparing, of the first or the second roll-up
				_, err := other.compare(ctx, s.run)
				if err != nil {
					return Progress{}, err
				}
			}
			return s.at, nil
		}
		_, err := first.compare(t.Context(), s.run)
		require.NoError(t, err)
		s.requireAgreed()
	}
}

// What a roll-up has too much hides nothing that it lacks, however much it is.
func TestRepairer_finds_what_is_lacking_among_what_is_too_much(t *testing.T) {
	t.Parallel()
	s := startRepairer(t)
	hour := time.Now().UTC().Truncate(time.Hour)
	s.exec(fmt.Sprintf(`INSERT INTO post_engagement_hourly (hour, post_id, views) SELECT toDateTime(%d, 'UTC'), toString(number), 1 FROM numbers(%d)`, hour.Unix(), maxAdded+1))
	s.exec(fmt.Sprintf(`INSERT INTO post_engagement_hourly (hour, post_id, views) SELECT toDateTime(%d, 'UTC') - number * 3600, 'removed', 1 FROM numbers(%d)`, hour.Unix()-3600, maxBuckets+1) +
		" SETTINGS max_partitions_per_insert_block = 0")
	old := hour.Add(-(maxBuckets + 100) * time.Hour)
	s.write(0, 0, "a", hour, 5, hourlyMV)
	s.write(0, 5, "b", old, 3, hourlyMV)
	s.exec(fmt.Sprintf(`INSERT INTO post_engagement_hourly (hour, post_id, likes) SELECT toDateTime(%d, 'UTC'), 'b', 7`, old.Unix())) // their rows were removed
	s.at.Committed = []int64{8, 0}
	s.runs(3)
	require.Equal(t, []string{`["a",5,0]`, `["b",3,7]`},
		s.lines(`SELECT post_id, toInt64(sum(views)), toInt64(sum(likes)) FROM post_engagement_hourly WHERE post_id IN ('a', 'b') GROUP BY post_id ORDER BY post_id`))
	require.Equal(t, s.run, s.agreed)
}
