package tables

import (
	"fmt"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/murmur2"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func TestLatestRowOfAKey(t *testing.T) {
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	groups := topology.Groups(codecs)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(5, "try-scores-table", "try-dedup-table"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	client, err := kafka.Dial(cluster.ListenAddrs(), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	p, err := sarama.NewSyncProducerFromClient(client)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	send := func(table, key string, value sarama.Encoder, headers ...sarama.RecordHeader) {
		_, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: "try-" + table, Key: sarama.StringEncoder(key), Value: value, Headers: headers})
		require.NoError(t, err)
	}

	latest := map[string]*schemas.ScoreRow{}
	for n := range 60 {
		key := fmt.Sprintf("post-%d", n%8)
		row := &schemas.ScoreRow{Lifetime: engagement.Counts{Views: int64(n)}, LastEngagement: int64(n)}
		row.SetLast(schemas.Position{Offset: int64(n)})
		value, err := codecs.ScoreRows.Encode(row)
		require.NoError(t, err)
		send("scores-table", key, sarama.ByteEncoder(value))
		latest[key] = row
	}
	send("scores-table", "post-7", nil)
	// what an old owner writes late is outdone by what has seen more
	late := &schemas.ScoreRow{}
	late.SetLast(schemas.Position{Offset: 1})
	value, err := codecs.ScoreRows.Encode(late)
	require.NoError(t, err)
	send("scores-table", "post-1", sarama.ByteEncoder(value))
	send("scores-table", "post-2", nil, sarama.RecordHeader{Key: []byte(schemas.TombstoneHeader), Value: late.Last().Encode()})

	for key, want := range latest {
		found, err := Get(t.Context(), client, "try-", groups, "scores", key)
		if key == "post-7" {
			require.ErrorIs(t, err, ErrNoRow, "a tombstone is no row")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, found.Row)
		require.Equal(t, want.Last(), found.Last)
	}
	_, err = Get(t.Context(), client, "try-", groups, "scores", "post-x")
	require.ErrorIs(t, err, ErrNoRow)
	_, err = Get(t.Context(), client, "try-", groups, "score", "post-1")
	require.ErrorIs(t, err, ErrNoGroup)
	require.ErrorContains(t, err, "there are dedup, transactions, posts, users")
}

// A row whose table names it otherwise than by the key is found by the key, on the partition of the key.
func TestRowUnderAShortKey(t *testing.T) {
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(5, "dedup-table"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	cfg := sarama.NewConfig()
	cfg.Producer.Return.Successes, cfg.Producer.Partitioner = true, sarama.NewManualPartitioner
	client, err := sarama.NewClient(cluster.ListenAddrs(), cfg)
	require.NoError(t, err)
	p, err := sarama.NewSyncProducerFromClient(client)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })

	const key = "u1:p1"
	row := &schemas.DedupRow{Seen: []schemas.SeenEvent{{ID: schemas.HashEventID("e"), At: 7}}}
	value, err := codecs.DedupRows.Encode(row)
	require.NoError(t, err)
	_, _, err = p.SendMessage(&sarama.ProducerMessage{
		Topic: "dedup-table", Partition: murmur2.Partition([]byte(key), 5),
		Key: sarama.StringEncoder(schemas.ShortKey(key)), Value: sarama.ByteEncoder(value),
	})
	require.NoError(t, err)
	found, err := Get(t.Context(), client, "", topology.Groups(codecs), "dedup", key)
	require.NoError(t, err)
	require.Equal(t, row.Seen, found.Row.(*schemas.DedupRow).Seen)
}
