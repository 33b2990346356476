package app

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// place is where a record lies.
type place struct {
	table     string
	partition int32
	offset    int64
}

// invalidated reads cache-invalidations: what is old, why and by which table, and where the rows lie that have made it so.
func invalidated(t *testing.T, client sarama.Client, codecs *schemas.Codecs) map[string][]place {
	t.Helper()
	all := map[string][]place{}
	eachRecord(t, client, string(topology.CacheInvalidations), func(m *sarama.ConsumerMessage) error {
		decoded, err := codecs.CacheInvalidations.Decode(m.Value)
		require.NoError(t, err)
		message := decoded.(*schemas.CacheInvalidation)
		require.Equal(t, message.Key(), string(m.Key))
		what := fmt.Sprintf("%s %s by %s", m.Key, message.Reason, message.Table)
		all[what] = append(all[what], place{message.Table, message.Partition, message.Offset})
		return nil
	})
	return all
}

func eachRecord(t *testing.T, client sarama.Client, topic string, f func(*sarama.ConsumerMessage) error) {
	t.Helper()
	parts, err := client.Partitions(topic)
	require.NoError(t, err)
	for _, p := range parts {
		require.NoError(t, kafka.ReadPartition(t.Context(), client, topic, p, f))
	}
}

// What changes in the database, and how much a post is worth, is told: what is old because of it, and which row of which
// changelog says so. A view that has read as far has that row.
func TestInvalidations(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL, cfg.Kafka.Partitions = stack.Brokers(), stack.RegistryURL(), 3
	cfg.Streams.Instance = "test"
	groups := []string{string(topology.Dedup), string(topology.Reactions), string(topology.Scores)}
	for _, e := range topology.Entities() {
		groups = append(groups, string(e.Reader), string(e.Keeper))
	}
	for _, g := range topology.InvalidationGroups(&schemas.Codecs{}) {
		groups = append(groups, string(g.Name))
	}
	a, err := Build(t.Context(), cfg, []Role{Processors}, slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError})), Options{Groups: groups})
	require.NoError(t, err)
	views := map[string]*streams.View{}
	for table, rows := range map[topology.Table]schemas.RowCodec{
		topology.PostsTable: a.codecs.EntityRows, topology.UsersTable: a.codecs.EntityRows, topology.FollowsTable: a.codecs.EntityRows, topology.ScoresTable: a.codecs.ScoreRows,
	} {
		view, err := streams.NewView(a.layer(), string(table), rows, nil)
		require.NoError(t, err)
		views[string(table)] = view
		a.add("view "+string(table), view.Run)
	}
	runToTheEnd(t, a)
	db := newDatabase(t, cfg.Kafka.Brokers)
	client, err := kafka.Dial(cfg.Kafka.Brokers, "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })

	rows := map[string]string{} // what must be told, and the key of the row that has made it old
	told := func(more map[string]string) {
		t.Helper()
		maps.Copy(rows, more)
		var got []string
		require.Eventually(t, func() bool {
			got = slices.Sorted(maps.Keys(invalidated(t, client, a.codecs)))
			return len(got) >= len(rows)
		}, 30*time.Second, 100*time.Millisecond, "%v", more)
		require.Equal(t, slices.Sorted(maps.Keys(rows)), got)
	}
	const day, night = "2026-01-02T09:30:00.000000Z", "2026-01-02T23:30:00.000000Z"
	db.write("users", "a", map[string]any{"deleted_at": nil})
	db.write("users", "b", map[string]any{"deleted_at": nil})
	db.write("posts", "p", map[string]any{"user_id": "a", "status": "published", "created_at": day, "updated_at": day})
	follow := map[string]any{"follower_id": "b", "followee_id": "a"}
	db.send("follows", follow, map[string]any{"status": "active"})
	told(map[string]string{
		"user:a changed by users-table": "a", "author:a changed by users-table": "a", "user:b changed by users-table": "b", "author:b changed by users-table": "b",
		"post:p created by posts-table": "p", "author:a created by posts-table": "p", "follow:b followed by follows-table": "b:a",
	})
	db.view("p")
	told(map[string]string{"post:p score by scores-table": "p"})
	db.write("posts", "p", map[string]any{"user_id": "a", "status": "draft", "created_at": day, "updated_at": night})
	told(map[string]string{"post:p changed by posts-table": "p", "author:a changed by posts-table": "p"})
	db.write("users", "b", map[string]any{"deleted_at": night})
	db.write("posts", "p", nil)
	db.send("follows", follow, nil)
	told(map[string]string{
		"user:b deleted by users-table": "b", "author:b deleted by users-table": "b", "post:p deleted by posts-table": "p", "follow:b unfollowed by follows-table": "b:a",
	})
	like := fmt.Sprintf(`{"user_id":"u","post_id":"q","action":"like","ts":%d}`, time.Now().UnixMilli())
	_, _, err = db.producer.SendMessage(&sarama.ProducerMessage{Topic: "events", Key: sarama.StringEncoder("u:q"), Value: sarama.StringEncoder(like)})
	require.NoError(t, err)
	told(map[string]string{"post:q score by scores-table": "q"})

	keys := map[place]string{}
	for table := range views {
		eachRecord(t, client, table, func(m *sarama.ConsumerMessage) error {
			keys[place{m.Topic, m.Partition, m.Offset}] = string(m.Key)
			return nil
		})
	}
	for what, places := range invalidated(t, client, a.codecs) {
		for _, at := range places {
			require.Equal(t, rows[what], keys[at], what)
			view := views[at.table]
			require.Eventually(t, func() bool {
				read := view.Read()
				return int(at.partition) < len(read) && read[at.partition] >= at.offset
			}, 10*time.Second, 20*time.Millisecond, what)
			_, has := view.Get(keys[at])
			require.True(t, has, "%s: the row is there, as one that is deleted is kept for a while", what)
		}
	}
}
