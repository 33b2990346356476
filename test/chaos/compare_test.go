package chaos

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// wrongPosts reads the scores table from its changelog and returns how many posts differ from the recount.
func wrongPosts(t *testing.T, j job, tr *truth) int {
	t.Helper()
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	cfg := j.config()
	var mu sync.Mutex
	rows := map[string]*schemas.ScoreRow{}
	v, err := streams.NewView(cfg.StreamsConfig(), string(topology.ScoresTable), codecs.ScoreRows, func(post string, row schemas.Row) {
		mu.Lock()
		defer mu.Unlock()
		rows[post] = row.(*schemas.ScoreRow)
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- v.Run(ctx) }()
	require.Eventually(t, v.Recovered, 30*time.Second, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	wrong := 0
	for post, want := range tr.posts {
		got := [5]int64{}
		if r := rows[post]; r != nil {
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
