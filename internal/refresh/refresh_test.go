package refresh

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

func query(sql string) func() (string, error) { return func() (string, error) { return sql, nil } }

func TestSQLToRedis(t *testing.T) {
	w := start(t)
	const sql = `SELECT number AS n, concat('a "b"\n<', toString(number)) AS text, if(number = 1, NULL, number / 4) AS maybe, [number, 7] AS list FROM numbers(3)`
	require.NoError(t, within(t, SQLToRedis(w.client, query(sql), 3, w.to("k"))))
	var got []map[string]any
	text := w.value(t, "k", &got)
	require.Equal(t, devstacktest.Query(t, w.stack, "nova", sql), got)
	require.Contains(t, text, `[{"n":0,"text":`, "columns in the order of the query")

	require.NoError(t, within(t, SQLToRedis(w.client, query("SELECT 1 AS one WHERE 0"), 3, w.to("none"))))
	w.value(t, "none", &got)
	require.Empty(t, got)

	for want, work := range map[string]func() (string, error){
		"more rows than max_rows (3)":     query("SELECT number FROM numbers(4)"),
		"the result is larger than 16 Mi": query("SELECT arrayStringConcat(arrayMap(i -> repeat('x', 1000000), range(6))) AS x FROM numbers(3)"),
		"Unknown table expression":        query("SELECT a FROM nowhere"),
		"readonly mode":                   query("INSERT INTO post_events (post_id) SELECT 'p'"),
		"no such file":                    func() (string, error) { return "", errors.New("no such file") },
	} {
		require.ErrorContains(t, within(t, SQLToRedis(w.client, work, 3, w.to("k"))), want)
	}
	require.Equal(t, text, w.value(t, "k", &got), "what failed has written nothing")
	w.redis.SetError("LOADING on purpose")
	require.ErrorContains(t, within(t, SQLToRedis(w.client, query(sql), 3, w.to("k"))), "writing k: ")
}

// The list equals what is counted from the rows themselves, hour by hour, at the edges of the hours too.
func TestTrendingFallback(t *testing.T) {
	w := start(t)
	now := time.Now().Truncate(time.Hour).Add(30 * time.Minute)
	from := now.Truncate(time.Hour).Add(-2 * time.Hour)
	weights := engagement.DefaultWeights()
	types := map[engagement.Action]string{engagement.View: "post_view", engagement.Impression: "post_impression", engagement.Like: "post_like", engagement.Comment: "post_comment", engagement.Share: "post_share"}
	counts, last := map[string]engagement.Counts{}, map[string]time.Time{}
	var rows []string
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 900 {
		post, action := fmt.Sprint("p", rng.IntN(40)), engagement.Action(1+rng.IntN(5))
		at := from.Add(time.Duration(rng.Int64N(int64(4*time.Hour))) - time.Hour)
		if i < 2 {
			post, at = "edge", from.Add(-time.Duration(i)*time.Millisecond)
			action = engagement.Share
		}
		rows = append(rows, fmt.Sprintf("('%s', '%s', fromUnixTimestamp64Milli(%d, 'UTC'), now64(3))", post, types[action], at.UnixMilli()))
		if hour := at.Truncate(time.Hour); !hour.Before(from) && !hour.After(now) {
			c := counts[post]
			c.Add(action, 1)
			counts[post] = c
			if hour.After(last[post]) {
				last[post] = hour
			}
		}
	}
	w.exec(t, "INSERT INTO post_events (post_id, event_type, event_time, root_time) VALUES "+strings.Join(rows, ", "),
		`INSERT INTO posts (id, user_id, status, cdc_deleted, cdc_version) VALUES
			('p1', 'ann', 'published', false, 1), ('p2', 'ann', 'draft', false, 1), ('p3', 'ann', 'published', true, 1), ('p4', 'gone', 'published', false, 1),
			('p5', NULL, NULL, false, 1), ('p6', 'ann', 'draft', false, 1), ('p7', 'left', 'published', false, 1)`,
		`INSERT INTO posts (id, user_id, status, cdc_deleted, cdc_version) VALUES ('p6', 'ann', 'published', false, 2)`,
		`INSERT INTO users (id, deleted_at, cdc_deleted, cdc_version) VALUES ('ann', NULL, false, 1), ('gone', NULL, true, 1), ('left', now(), false, 1)`,
		// the sink makes these when it starts
		`CREATE VIEW IF NOT EXISTS posts_current AS SELECT id, user_id, status FROM posts FINAL WHERE NOT cdc_deleted`,
		`CREATE VIEW IF NOT EXISTS users_current AS SELECT id, deleted_at FROM users FINAL WHERE NOT cdc_deleted`,
	)
	require.Equal(t, int64(1), counts["edge"].Shares)
	for _, hidden := range []string{"p2", "p3", "p4", "p7"} {
		require.Contains(t, counts, hidden)
		delete(counts, hidden)
	}
	ids := make([]string, 0, len(counts))
	for id, c := range counts {
		if weights.Score(c) > 0 {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, func(a, b string) int {
		return cmp.Or(cmp.Compare(weights.Score(counts[b]), weights.Score(counts[a])), last[b].Compare(last[a]), strings.Compare(a, b))
	})
	type item struct {
		Rank   int
		PostID string `json:"post_id"`
		Score  float64
		engagement.Counts
	}
	var want []item
	for i, id := range ids[:20] {
		want = append(want, item{i + 1, id, float64(weights.Score(counts[id])) / 10, counts[id]})
	}
	require.NoError(t, within(t, TrendingFallback(w.client, 3, 20, weights, func() time.Time { return now }, w.to("k"))))
	var got struct {
		AsOf       string `json:"as_of"`
		Window     string
		Items      []item
		NextCursor *string `json:"next_cursor"`
	}
	text := w.value(t, "k", &got)
	require.Equal(t, want, got.Items)
	require.Equal(t, "3h", got.Window)
	require.Equal(t, now.UTC().Format("2006-01-02T15:04:05.000Z"), got.AsOf)
	require.Contains(t, text, `"next_cursor":null`)

	nothing := func() time.Time { return now.Add(-240 * time.Hour) }
	require.NoError(t, within(t, TrendingFallback(w.client, 3, 20, weights, nothing, w.to("k"))))
	require.Contains(t, w.value(t, "k", &got), `"items":[]`)
}

func TestSuggestionWarmup(t *testing.T) {
	w := start(t)
	now := time.Now()
	w.exec(t, fmt.Sprintf(`INSERT INTO post_events (user_id, post_id, event_type, event_time, root_time)
		SELECT x.1, 'p', 'post_view', fromUnixTimestamp64Milli(%d - x.2 * 60000, 'UTC'), now64(3)
		FROM (SELECT arrayJoin([('a', 1), ('b', 2), ('b', 59), ('c', 3), ('late', 61), ('late', 62), ('late', 63), ('d', 5)]) AS x)`, now.UnixMilli()))
	var asked []string
	ask := func(id string) { asked = append(asked, id) }
	require.NoError(t, within(t, SuggestionWarmup(w.client, 3, time.Hour, func() time.Time { return now }, ask)))
	require.Equal(t, []string{"b", "a", "c"}, asked)
}

func TestViewFreshness(t *testing.T) {
	w := start(t)
	m := NewMetrics(prometheus.NewRegistry())
	run := func(views ...string) error { return within(t, ViewFreshness(w.client, views, 5*time.Minute, m)) }
	require.ErrorContains(t, run(), "nothing is known of any view")
	w.exec(t, `INSERT INTO materialized_view_checks (view_name, staleness_seconds, error, checked_at) VALUES
			('fresh_mv', 1, '', now64(3)), ('old_mv', 100, '', now64(3) - 250), ('broken_mv', 0, 'missing: x', now64(3))`,
		`INSERT INTO posts (id, cdc_committed_at) VALUES ('p', now64(3) - 3600), ('q', now64(3) - 4000)`)
	require.NoError(t, run("fresh_mv"))
	require.EqualError(t, run("old_mv"), "old_mv lags by 5m50s, more than 5m0s")
	require.EqualError(t, run("posts", "likes"), "posts lags by 1h0m0s, more than 5m0s\nnothing is known of likes")
	err := run()
	require.ErrorContains(t, err, "broken_mv: missing: x")
	require.ErrorContains(t, err, "old_mv")
	require.NotContains(t, err.Error(), "posts", "a mirror is judged only by name")
	require.InDelta(t, 350, testutil.ToFloat64(m.age.WithLabelValues("old_mv")), 5)
	require.InDelta(t, 3600, testutil.ToFloat64(m.age.WithLabelValues("posts")), 5)
	require.Equal(t, 4, testutil.CollectAndCount(m.age))
}
