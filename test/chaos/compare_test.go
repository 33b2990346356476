package chaos

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams/streamstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// wrongPosts reads the scores table from its changelog and returns how many posts differ from the recount.
func wrongPosts(t *testing.T, j job, tr *truth) int {
	t.Helper()
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	cfg := j.config()
	rows := streamstest.ReadTable(t, cfg.StreamsConfig(), string(topology.ScoresTable), codecs.ScoreRows)
	wrong := 0
	for post, want := range tr.posts {
		got := [5]int64{}
		if r, ok := rows[post].(*schemas.ScoreRow); ok {
			got = [5]int64{r.Lifetime.Views, r.Lifetime.Impressions, r.Lifetime.Likes, r.Lifetime.Comments, r.Lifetime.Shares}
		}
		if got != [5]int64{want["view"], want["impression"], want["like"], want["comment"], want["share"]} {
			wrong++
		}
	}
	require.LessOrEqual(t, len(rows), len(tr.posts), "posts nobody sent")
	return wrong
}

// rowsInClickHouse returns the number of rows, after checking that no event is there twice.
func rowsInClickHouse(t *testing.T, stack *devstack.Stack) int64 {
	t.Helper()
	row := devstacktest.Query(t, stack, clickhouse.DefaultConfig().Database, "SELECT count() AS rows, uniqExact(event_id) AS ids FROM post_events")[0]
	require.Equal(t, row["ids"], row["rows"], "an event is there once")
	return int64(row["rows"].(float64))
}
