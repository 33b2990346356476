package kafka

import (
	"errors"
	"strconv"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// broker has a topic of four partitions with n records, keys and values "0", "1", … written with NewConfig.
func broker(t *testing.T, n int) (sarama.Client, []string) {
	t.Helper()
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.SeedTopics(4, "full"), kfake.SeedTopics(2, "empty"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	p, err := sarama.NewSyncProducer(cluster.ListenAddrs(), NewConfig("test"))
	require.NoError(t, err)
	for i := range n {
		_, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: "full", Key: sarama.StringEncoder(strconv.Itoa(i)), Value: sarama.StringEncoder(strconv.Itoa(i))})
		require.NoError(t, err)
	}
	require.NoError(t, p.Close())
	client, err := Dial(cluster.ListenAddrs(), "test")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	return client, cluster.ListenAddrs()
}

func TestKeysLieWhereJavaClientsPutThem(t *testing.T) {
	client, _ := broker(t, 200)
	java := kgo.StickyKeyPartitioner(nil).ForTopic("full")
	seen := 0
	for p := range int32(4) {
		last := -1
		require.NoError(t, ReadPartition(t.Context(), client, "full", p, func(m *sarama.ConsumerMessage) error {
			seen++
			require.Equal(t, int(p), java.Partition(&kgo.Record{Key: m.Key}, 4))
			n, err := strconv.Atoi(string(m.Value))
			require.NoError(t, err)
			require.Greater(t, n, last, "in the order sent")
			last = n
			return nil
		}))
	}
	require.Equal(t, 200, seen)
}

func TestSize(t *testing.T) {
	client, _ := broker(t, 30)
	for topic, want := range map[string][2]int64{"full": {4, 30}, "empty": {2, 0}, "missing": {0, 0}} {
		partitions, records, err := Size(client, topic)
		require.NoError(t, err)
		require.Equal(t, want, [2]int64{int64(partitions), records}, topic)
	}
}

func TestReadPartitionEnds(t *testing.T) {
	client, addrs := broker(t, 100)
	require.NoError(t, ReadPartition(t.Context(), client, "empty", 0, func(*sarama.ConsumerMessage) error {
		return errors.New("there is none")
	}))
	stop := errors.New("stop")
	n := 0
	require.ErrorIs(t, ReadPartition(t.Context(), client, "full", 1, func(*sarama.ConsumerMessage) error { n++; return stop }), stop)
	require.Equal(t, 1, n)

	// Records written meanwhile are not read: it ends although the partition grows with each record it gives.
	p, err := sarama.NewSyncProducer(addrs, NewConfig("test"))
	require.NoError(t, err)
	n = 0
	require.NoError(t, ReadPartition(t.Context(), client, "full", 1, func(m *sarama.ConsumerMessage) error {
		n++
		_, _, err := p.SendMessage(&sarama.ProducerMessage{Topic: "full", Key: sarama.ByteEncoder(m.Key), Value: sarama.StringEncoder("new")})
		return err
	}))
	require.NoError(t, p.Close())
	require.Positive(t, n)
	require.Less(t, n, 100)
}
