package views

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

func everySecond(c *clickhouse.Config) { c.Views.PostStats = time.Second }

const readStats = `SELECT post_id, toUInt32(views), toUInt32(likes) FROM post_stats_24h ORDER BY post_id`

// Events of the oldest minute go when it is older than 24 h, although nothing arrives, and nothing else goes. Those that
// are ahead of the clock come when it has reached them.
func TestPostStats_forget_by_the_clock(t *testing.T) {
	t.Parallel()
	s := start(t, everySecond)
	var now time.Time
	for { // not across the end of a minute
		now = time.Now().UTC()
		if now.Second() < 50 {
			break
		}
		time.Sleep(time.Second)
	}
	oldest := now.Truncate(time.Minute).Add(-24 * time.Hour)
	leaves := now.Truncate(time.Minute).Add(time.Minute)
	s.insert(
		event{"before", "post_view", oldest.Add(-time.Millisecond)},
		event{"leaves", "post_view", oldest},
		event{"leaves", "post_like", oldest.Add(59 * time.Second)},
		event{"mixed", "post_view", oldest.Add(30 * time.Second)},
		event{"mixed", "post_view", oldest.Add(time.Minute)},
		event{"mixed", "post_like", now},
		event{"stays", "post_view", oldest.Add(time.Minute)},
		event{"tomorrow", "post_view", leaves.Add(time.Hour)},
		event{"soon", "post_view", leaves},
	)
	before := []string{`["leaves",1,1]`, `["mixed",2,1]`, `["stays",1,0]`}
	after := []string{`["mixed",1,1]`, `["soon",1,0]`, `["stays",1,0]`}

	s.refreshed()
	var got []string
	for seen := 0; ; seen++ {
		asked := time.Now()
		got = s.lines(readStats)
		if len(got) > 0 && got[0] != before[0] {
			require.False(t, time.Now().Before(leaves), "gone at %v, before %v", asked, leaves)
			require.Positive(t, seen)
			break
		}
		require.Equal(t, before, got)
		require.Less(t, asked, leaves.Add(15*time.Second), "still there")
		time.Sleep(100 * time.Millisecond)
	}
	require.Equal(t, after, got)
}

// Readers see a whole table, the old one or the new one, while it is made anew and rows come.
func TestPostStats_are_never_half(t *testing.T) {
	t.Parallel()
	s := start(t, everySecond)
	s.exec(`INSERT INTO post_events (post_id, event_time, event_type, root_time)
		SELECT toString(number), now64(3) - 60, 'post_view', now64(3) FROM numbers(20000)`)
	s.refreshed()
	refreshes := map[string]bool{}
	for begin := time.Now(); len(refreshes) < 4; {
		require.Less(t, time.Since(begin), 30*time.Second)
		got := s.lines(`SELECT count(), uniqExact(refreshed_at) FROM post_stats_24h`)
		require.Equal(t, []string{`[20000,1]`}, got)
		refreshes[s.lines(`SELECT max(refreshed_at) FROM post_stats_24h`)[0]] = true
	}
}

// A refresh that fails leaves the last table, and is told.
func TestPostStats_outlive_a_failed_refresh(t *testing.T) {
	t.Parallel()
	s := start(t, everySecond)
	s.insert(event{"p", "post_view", time.Now().Add(-time.Hour)})
	s.refreshed()
	s.exec(`RENAME TABLE post_engagement_minutely TO away`)
	k := NewKeeper(s.client, nil)
	await := func(what func(Metadata) bool) Metadata {
		for begin := time.Now(); ; time.Sleep(100 * time.Millisecond) {
			require.NoError(t, k.Check(t.Context()))
			if what(k.last[2]) {
				return k.last[2]
			}
			require.Less(t, time.Since(begin), 30*time.Second, "%+v", k.last[2])
		}
	}
	stale := await(func(m Metadata) bool { return m.StalenessS >= 3 })
	require.Equal(t, "missing: post_engagement_minutely", stale.Error)
	require.Equal(t, []string{`["p",1,0]`}, s.lines(readStats))

	s.exec(`RENAME TABLE away TO post_engagement_minutely`)
	await(func(m Metadata) bool { return m.Error == "" && m.StalenessS < 2 })
}
