package tables

import (
	"fmt"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func TestLatestRowOfAKey(t *testing.T) {
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	groups := topology.Groups(codecs)
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(5, "try-scores-table"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	client, err := kafka.Dial(cluster.ListenAddrs(), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	p, err := sarama.NewSyncProducerFromClient(client)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, p.Close()) })
	send := func(key string, value sarama.Encoder) {
		_, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: "try-scores-table", Key: sarama.StringEncoder(key), Value: value})
		require.NoError(t, err)
	}

	latest := map[string]*schemas.ScoreRow{}
	for n := range 60 {
		key := fmt.Sprintf("post-%d", n%8)
		row := &schemas.ScoreRow{Lifetime: engagement.Counts{Views: int64(n)}, LastEngagement: int64(n)}
		row.SetLast(schemas.Position{Offset: int64(n)})
		value, err := codecs.ScoreRows.Encode(row)
		require.NoError(t, err)
		send(key, sarama.ByteEncoder(value))
		latest[key] = row
	}
	send("post-7", nil)

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
	require.ErrorContains(t, err, "there are dedup, reactions, scores")
}
