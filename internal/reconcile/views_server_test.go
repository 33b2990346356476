package reconcile

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// startViews is a server with the views and 480 - 12 rows of the last two hours and a half.
func startViews(t *testing.T) *server {
	t.Helper()
	begin := time.Now().UTC().Truncate(time.Hour).Add(-2 * time.Hour)
	s := migrated(t, begin)
	s.write(begin, 12*time.Second)
	s.stats(time.Now().Add(time.Minute))
	return s
}

// stats makes post_stats_24h as it is made at some time, and has the server leave it so.
func (s *server) stats(at time.Time) {
	s.t.Helper()
	s.sql("SYSTEM STOP VIEW post_stats_24h_mv")
	s.sql("TRUNCATE TABLE post_stats_24h")
	now := fmt.Sprintf("fromUnixTimestamp(%d)", at.Unix())
	s.sql("INSERT INTO post_stats_24h SELECT post_id, sum(views), sum(likes), sum(comments), sum(shares), sum(impressions), sum(m.dwell_ms), " + now +
		" FROM post_engagement_minutely AS m WHERE minute >= toStartOfMinute(" + now + " - INTERVAL 24 HOUR) AND minute <= " + now + " GROUP BY post_id")
}

// details are what is said of the views, without times.
func details(found []Finding) (all []string) {
	for _, f := range found {
		if f.Kind == View {
			all = append(all, fmt.Sprintf("%d: %s", f.Rows, f.Detail))
		}
	}
	return all
}

func TestServer_views_are_balanced(t *testing.T) {
	s := startViews(t)
	r := s.compare()
	require.Empty(t, r.Findings)
	require.Empty(t, r.Notes)
	since := r.Since.Format(time.RFC3339)
	require.Len(t, r.Views, 3)
	require.Equal(t, []string{"post_engagement_hourly: compared from " + since + " on", "post_engagement_minutely: compared from " + since + " on"}, r.Views[:2])
	require.Contains(t, r.Views[2], "post_stats_24h: compared as of ")
	require.Equal(t, []map[string]any{{"views": 120.0}}, s.sql("SELECT toUInt32(sum(views)) AS views FROM post_engagement_hourly"), "there is something to compare")
}

// Each count of each view that is off by something, of one post, is named, and no other.
func TestServer_view_that_differs_is_named(t *testing.T) {
	s := startViews(t)
	hour := s.now.Add(-2 * time.Hour)
	for n, name := range counted {
		columns := []string{"0", "0", "0", "0", "0", "0"}
		columns[n] = "3"
		for _, r := range rollUps {
			row := fmt.Sprintf("(fromUnixTimestamp(%d), 'p1', %s)", hour.Unix(), strings.Join(columns, ", "))
			s.sql(fmt.Sprintf("INSERT INTO %s (%s, post_id, views, likes, comments, shares, impressions, dwell_ms) SETTINGS insert_deduplicate = 0 VALUES %s", r.table, r.column, row))
			s.stats(time.Now().Add(time.Minute)) // it agrees with the minutes
			found := s.findings()
			require.Len(t, found, 1)
			f := found[0]
			sum := s.sql(fmt.Sprintf("SELECT toString(sum(%s)) AS n FROM %s WHERE post_id = 'p1' AND %s = fromUnixTimestamp(%d)", name, r.table, r.column, hour.Unix()))[0]["n"]
			var says, is int64
			_, err := fmt.Sscanf(f.Detail, name+" of post \"p1\" in "+r.table+": %d, the rows say %d", &says, &is)
			require.NoError(t, err, f.Detail)
			require.Equal(t, sum, strconv.FormatInt(says, 10))
			require.Equal(t, says-3, is)
			require.EqualValues(t, 3, f.Rows, f.Detail)
			require.Equal(t, []time.Time{hour, hour.Add(r.length)}, []time.Time{f.From, f.To})
			s.sql(fmt.Sprintf("ALTER TABLE %s DELETE WHERE post_id = 'p1' AND %s = fromUnixTimestamp(%d) SETTINGS mutations_sync = 2", r.table, r.column, hour.Unix()))
			s.sql(fmt.Sprintf("INSERT INTO %s SELECT %s(event_time) AS begin, post_id, countIf(event_type = 'post_view'), countIf(event_type = 'post_like'), countIf(event_type = 'post_comment'), "+
				"countIf(event_type = 'post_share'), countIf(event_type = 'post_impression'), sum(e.dwell_ms) FROM post_events AS e WHERE post_id = 'p1' AND begin = fromUnixTimestamp(%d) GROUP BY begin, post_id SETTINGS insert_deduplicate = 0",
				r.table, r.start, hour.Unix()))
		}
		s.stats(time.Now().Add(time.Minute))
		s.sql(fmt.Sprintf("INSERT INTO post_stats_24h (post_id, %s, refreshed_at) SELECT 'p1', 3, max(refreshed_at) FROM post_stats_24h", name))
		found := s.findings()
		require.Len(t, found, 1)
		require.Contains(t, found[0].Detail, name+` of post "p1" in post_stats_24h: `)
		require.EqualValues(t, 3, found[0].Rows)
		require.Equal(t, 24*time.Hour, found[0].To.Sub(found[0].From).Truncate(time.Hour))
		s.stats(time.Now().Add(time.Minute))
	}
	require.Empty(t, s.findings())
}

// What one post has too much and another too little in the same hour is two differences, not none.
func TestServer_view_that_counts_for_another_post_is_named(t *testing.T) {
	s := startViews(t)
	hour := s.now.Add(-2 * time.Hour).Unix()
	s.sql(fmt.Sprintf("INSERT INTO post_engagement_hourly (hour, post_id, views) VALUES (fromUnixTimestamp(%d), 'p1', 2), (fromUnixTimestamp(%d), 'p2', -2)", hour, hour))
	found := s.findings()
	require.Len(t, found, 2)
	require.Contains(t, found[0].Detail+found[1].Detail, `"p1"`)
	require.Contains(t, found[0].Detail+found[1].Detail, `"p2"`)
}

// Of a view that is empty some posts are named, and all that is missing is counted.
func TestServer_views_that_lost_everything(t *testing.T) {
	s := startViews(t)
	rows := s.sql("SELECT toString(count() + sum(e.dwell_ms)) AS n FROM post_events AS e")[0]["n"]
	for _, r := range rollUps {
		s.sql("TRUNCATE TABLE " + r.table)
		var sum int64
		found := s.findings()
		places := map[string]bool{}
		for _, f := range found {
			if strings.Contains(f.Detail, r.table) {
				sum += f.Rows
				places[fmt.Sprint(f.From, strings.Split(f.Detail, " in ")[0])] = true
			}
		}
		require.Equal(t, rows, strconv.FormatInt(sum, 10), "all of it, named or not")
		require.LessOrEqual(t, len(places), maxNamed*len(counted)+1)
	}
}

// Rows that are not committed may be counted or not. More than that is too much, less than the committed too little.
func TestServer_views_while_rows_arrive(t *testing.T) {
	s := startViews(t)
	s.Config.Patience = time.Millisecond
	s.kafka.commit.Committed, s.kafka.commit.Meta.Accounting.In, s.kafka.commit.Meta.Accounting.Applied = 450, 450, 450 // 18 are open
	last := s.sql("SELECT toString(toUnixTimestamp(toStartOfHour(max(event_time)))) AS n FROM post_events WHERE post_id = 'p1' AND batch_first = 450")[0]["n"]
	s.kafka.commit.Meta.Announced = announced(450, 467)
	require.Empty(t, details(s.findings()))
	hour := "post_id = 'p1' AND hour = fromUnixTimestamp(" + fmt.Sprint(last) + ")"
	s.sql("ALTER TABLE post_engagement_hourly DELETE WHERE " + hour + " SETTINGS mutations_sync = 2")
	s.sql("INSERT INTO post_engagement_hourly (hour, post_id, views, likes, comments, shares, impressions, dwell_ms) SELECT toStartOfHour(event_time) AS hour, post_id, " +
		"countIf(event_type = 'post_view'), countIf(event_type = 'post_like'), countIf(event_type = 'post_comment'), countIf(event_type = 'post_share'), countIf(event_type = 'post_impression'), " +
		"sum(e.dwell_ms) FROM post_events AS e WHERE batch_last < 450 AND " + hour + " GROUP BY hour, post_id")
	require.Empty(t, details(s.findings()), "none of the open ones is counted")
	s.commit()
	found := details(s.findings())
	require.NotEmpty(t, found, "now they must be")
	for _, f := range found {
		require.Contains(t, f, `of post "p1" in post_engagement_hourly: `)
	}
}

// The statistics are of when they were made: what came later is not in them, what was written before must be.
func TestServer_statistics_are_compared_as_of_when_they_were_made(t *testing.T) {
	s := startViews(t)
	s.stats(time.Now().Add(-statsMargin))
	s.sql("TRUNCATE TABLE post_stats_24h")
	s.sql(fmt.Sprintf("INSERT INTO post_stats_24h (post_id, refreshed_at) VALUES ('p1', fromUnixTimestamp(%d))", time.Now().Add(-time.Minute).Unix()))
	require.Empty(t, s.findings(), "all was written after it was made")
	s.sql("TRUNCATE TABLE post_stats_24h")
	s.sql("INSERT INTO post_stats_24h (post_id, refreshed_at) VALUES ('p1', now() + 60)")
	found := details(s.findings())
	require.NotEmpty(t, found)
	for _, f := range found {
		require.Contains(t, f, "in post_stats_24h: 0, the minutes say ")
	}
	s.Keep.PostEngagementMinutely = 24 * time.Hour
	r := s.compare()
	require.Empty(t, r.Findings)
	require.Regexp(t, "^post_stats_24h: skipped, it is as of .*, and its minutes may be past their retention$", r.Views[2])
}

// A view that is gone is a finding; of one that is empty, though it should not be, the report says so.
func TestServer_views_that_are_gone_or_empty_are_told(t *testing.T) {
	s := startViews(t)
	s.sql("INSERT INTO post_engagement_minutely (minute, post_id, views) VALUES (now(), 'p1', 1)")
	s.sql("TRUNCATE TABLE post_stats_24h")
	r := s.compare()
	require.Equal(t, "post_stats_24h: not compared, it is empty though there are minutes: not made yet, or materialized_view_metadata says why", r.Views[2])
	s.sql("DROP TABLE post_stats_24h")
	require.Equal(t, []string{"0: post_stats_24h is gone, and others are there"}, details(s.findings())[len(details(s.findings()))-1:])
}

// No false alarm while rows come and the server makes the statistics anew, each second.
func TestServer_views_agree_amid_load(t *testing.T) {
	s := startViews(t)
	s.sql("ALTER TABLE post_stats_24h_mv MODIFY REFRESH EVERY 1 SECOND")
	s.sql("SYSTEM START VIEW post_stats_24h_mv")
	require.Eventually(t, func() bool { // those of startViews say that they are of the next minute
		return len(s.sql("SELECT post_id FROM post_stats_24h WHERE refreshed_at > now() LIMIT 1")) == 0
	}, 30*time.Second, 10*time.Millisecond)
	stop, ended := make(chan struct{}), make(chan int)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				ended <- n
				return
			default:
			}
			s.sql("INSERT INTO post_events (event_id, event_time, event_type, post_id, dwell_ms, root_time, kafka_topic_id, kafka_offset, batch_first, batch_last, batch_before, batch_rows) " +
				"SETTINGS async_insert = 0, insert_deduplication_token = 'open" + strconv.Itoa(n) + "' " +
				"SELECT 'o', now64(3), 'post_view', 'p1', 5, now64(3), 'now', 468, 468, 468, 468, 1")
			n++
		}
	}()
	s.kafka.commit.Meta.Announced = announced(468, 468)
	s.now = time.Now()
	looks, refreshes := 0, map[string]bool{}
	for begin := time.Now(); len(refreshes) < 3 || looks < 5; looks++ {
		require.Less(t, time.Since(begin), time.Minute)
		r := s.compare()
		require.Empty(t, details(r.Findings))
		refreshes[r.Views[2]] = true
	}
	close(stop)
	require.Greater(t, <-ended, 5, "rows came")
}
