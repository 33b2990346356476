package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams/streamstest"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// The hour of GitHub events, as it was and redelivered: shaken in order, one event in five twice.
func TestGitHubHour(t *testing.T) {
	for _, file := range []string{"events_h0.jsonl.gz", "events_h0_dup.jsonl.gz"} {
		t.Run(file, func(t *testing.T) {
			s := start(t, startServers(t, ""), app.Roles...)
			all := lines(t, file)
			newest := time.Time{}
			for _, l := range all {
				if l.EventTime.After(newest) {
					newest = l.EventTime
				}
			}
			// by whole five minutes, so that the oracle's instants stay on the borders of buckets
			shift := time.Since(newest).Truncate(5 * time.Minute)
			began := time.Now()
			res := s.load(testdata+file, newest.Add(shift))
			require.Equal(t, len(all), res.Acknowledged)
			st := s.drained(int64(len(all)))
			t.Logf("%d events, %.1f s from the first to the last count", len(all), time.Since(began).Seconds())

			byPost, rows, last, distinct := recount(all)
			requireBalanced(t, st)
			d := st.Accounting["dedup"]
			require.Equal(t, schemas.Accounting{In: int64(len(all)), Applied: int64(distinct), Duplicate: int64(len(all) - distinct)}, d)
			require.Equal(t, schemas.Accounting{In: int64(distinct), Applied: int64(distinct)}, st.Accounting[topology.PostEventsSink])
			require.Equal(t, st.Accounting[topology.PostEventsSink], st.Accounting[string(topology.Sessions)])
			s.requirePosts(byPost, last, shift)
			s.requireRows(rows)
			s.requireEngagement(rows)
			sessions, connections := oracle.RequireSessions(t, &s.cfg, s.stack.Stack)
			t.Logf("%d sessions, %d connections of two", sessions, connections)
			s.requireOracle(shift)
			s.requireCached()
		})
	}
}

// requirePosts compares the API's statistics of every post with the recount.
func (s *system) requirePosts(byPost map[string]counts, last map[string]time.Time, shift time.Duration) {
	s.t.Helper()
	for post, want := range byPost {
		var got struct {
			PostID                                      string `json:"post_id"`
			Views, Impressions, Likes, Comments, Shares int64
			LastEngagementAt                            time.Time `json:"last_engagement_at"`
		}
		require.Equal(s.t, 200, s.get("/v1/posts/"+post+"/stats", &got))
		require.Equal(s.t, post, got.PostID)
		require.Equal(s.t, []int64{want["view"], want["impression"], want["like"], want["comment"], want["share"]},
			[]int64{got.Views, got.Impressions, got.Likes, got.Comments, got.Shares}, post)
		require.True(s.t, last[post].Add(shift).Equal(got.LastEngagementAt), post)
	}
}

// requireRows compares ClickHouse's rows with the recount: events there, not users.
func (s *system) requireRows(rows map[string]counts) {
	s.t.Helper()
	got := map[string]counts{}
	for _, r := range devstacktest.Query(s.t, s.stack.Stack, s.cfg.ClickHouse.Database, "SELECT post_id, event_type, count() AS n, uniqExact(event_id) AS ids FROM post_events GROUP BY post_id, event_type") {
		post := r["post_id"].(string)
		if got[post] == nil {
			got[post] = counts{}
		}
		require.Equal(s.t, r["n"], r["ids"], "an event is there once")
		got[post][r["event_type"].(string)] = int64(r["n"].(float64))
	}
	require.Equal(s.t, rows, got)
}

// requireEngagement compares what the API reads from ClickHouse by the hour with the recount, for 200 posts.
func (s *system) requireEngagement(rows map[string]counts) {
	s.t.Helper()
	for _, post := range slices.Sorted(maps.Keys(rows))[:200] {
		want := rows[post]
		var got struct {
			Source   string
			Degraded bool
			Totals   map[string]int64
			Hours    []struct{ Views, Likes, Comments, Shares int64 }
		}
		require.Equal(s.t, 200, s.get("/v1/posts/"+post+"/engagement", &got))
		require.Equal(s.t, "clickhouse", got.Source, "%+v", got)
		require.Len(s.t, got.Hours, 24)
		require.Equal(s.t, map[string]int64{
			"views": want["post_view"], "likes": want["post_like"], "comments": want["post_comment"], "shares": want["post_share"],
		}, got.Totals, post)
	}
}

// requireCached waits until Redis holds what the API answers.
func (s *system) requireCached() {
	s.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: s.stack.RedisAddr()})
	defer client.Close()
	require.Eventually(s.t, func() bool {
		var answer, cached struct{ Items []map[string]any }
		require.Equal(s.t, 200, s.get("/v1/trending", &answer))
		value, err := client.Get(s.t.Context(), "nova:cache:trending:1h").Bytes()
		if err != nil {
			return false
		}
		require.NoError(s.t, json.Unmarshal(value, &cached))
		return len(answer.Items) == 20 && assert.ObjectsAreEqual(answer.Items, cached.Items)
	}, 10*time.Second, 50*time.Millisecond)
}

type oracleList struct {
	AsOf time.Time `json:"as_of"`
	Top  []struct {
		PostID   string    `json:"post_id"`
		Tenths   int64     `json:"score_tenths"`
		Views    int64     `json:"views"`
		Likes    int64     `json:"likes"`
		Comments int64     `json:"comments"`
		Shares   int64     `json:"shares"`
		Last     time.Time `json:"last_event_time"`
	} `json:"top"`
}

// requireOracle drives a board over the table by a clock of its own through the oracle's 24 instants.
func (s *system) requireOracle(shift time.Duration) {
	s.t.Helper()
	b, err := os.ReadFile(testdata + "trending_h0_floor.json")
	require.NoError(s.t, err)
	var oracle []oracleList
	require.NoError(s.t, json.Unmarshal(b, &oracle))
	require.Len(s.t, oracle, 24)

	board := trending.New(s.cfg.Trending, s.cfg.Window, s.cfg.Weights, nil)
	codecs, err := schemas.NewCodecs(s.t.Context(), &schemas.Offline{})
	require.NoError(s.t, err)
	for post, row := range streamstest.ReadTable(s.t, s.cfg.StreamsConfig(), string(topology.ScoresTable), codecs.ScoreRows) {
		board.Update(post, row.(*schemas.ScoreRow))
	}
	for _, want := range oracle {
		board.Refresh(want.AsOf.Add(shift).UnixMilli())
		page, err := board.Page("", max(len(want.Top), 1))
		require.NoError(s.t, err)
		require.Len(s.t, page.Items, len(want.Top), want.AsOf)
		for i, w := range want.Top {
			g := page.Items[i]
			require.Equal(s.t, []any{w.PostID, w.Tenths, w.Views, w.Likes, w.Comments, w.Shares},
				[]any{g.PostID, int64(g.Score), g.Views, g.Likes, g.Comments, g.Shares}, "%v, rank %d", want.AsOf, i+1)
		}
	}
}
