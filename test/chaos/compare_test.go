package chaos

import (
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams/streamstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// wrongPosts returns how many posts differ from the recount: read like a view reads the table, and as compaction would
// leave it, where the last record of a key is all there is.
func wrongPosts(t *testing.T, j job, tr *truth) (viewed, compacted int) {
	t.Helper()
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	cfg := j.config()
	rows := streamstest.ReadTable(t, cfg.StreamsConfig(), string(topology.ScoresTable), codecs.ScoreRows)
	require.LessOrEqual(t, len(rows), len(tr.posts), "posts nobody sent")
	last := map[string]schemas.Row{}
	client, err := kafka.Dial(j.Brokers, "compare")
	require.NoError(t, err)
	defer client.Close()
	for p := range cfg.Kafka.Partitions {
		require.NoError(t, kafka.ReadPartition(t.Context(), client, string(topology.ScoresTable), p, func(m *sarama.ConsumerMessage) error {
			row, err := codecs.ScoreRows.Decode(m.Value)
			if err == nil {
				last[string(m.Key)] = row.(schemas.Row)
			}
			return err
		}))
	}
	return tr.differing(rows), tr.differing(last)
}

// differing returns how many posts do not have the counts of the recount.
func (tr *truth) differing(rows map[string]schemas.Row) (wrong int) {
	for post, want := range tr.posts {
		got := [5]int64{}
		if r, ok := rows[post].(*schemas.ScoreRow); ok {
			got = [5]int64{r.Lifetime.Views, r.Lifetime.Impressions, r.Lifetime.Likes, r.Lifetime.Comments, r.Lifetime.Shares}
		}
		if got != [5]int64{want["view"], want["impression"], want["like"], want["comment"], want["share"]} {
			wrong++
		}
	}
	return wrong
}

// rowsInClickHouse returns the number of rows, after checking that no event is there twice.
func rowsInClickHouse(t *testing.T, stack *devstack.Stack) int64 {
	t.Helper()
	row := devstacktest.Query(t, stack, clickhouse.DefaultConfig().Database, "SELECT count() AS rows, uniqExact(event_id) AS ids FROM post_events")[0]
	require.Equal(t, row["ids"], row["rows"], "an event is there once")
	return int64(row["rows"].(float64))
}
