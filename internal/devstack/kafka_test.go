package devstack_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

func saramaConfig() *sarama.Config {
	c := sarama.NewConfig()
	c.Version = sarama.V3_6_0_0
	c.Producer.RequiredAcks = sarama.WaitForAll
	c.Producer.Idempotent = true
	c.Net.MaxOpenRequests = 1
	c.Producer.Return.Successes = true
	c.Consumer.Offsets.Initial = sarama.OffsetOldest
	c.Consumer.Offsets.AutoCommit.Enable = false
	// With one broker a commit shares its connection with the fetches, and waits behind the one in flight.
	c.Consumer.MaxWaitTime = 2 * time.Millisecond
	return c
}

func createTopic(t *testing.T, brokers []string, name string, partitions int32, configs map[string]string) {
	t.Helper()
	admin, err := sarama.NewClusterAdmin(brokers, saramaConfig())
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close()) }()
	entries := map[string]*string{}
	for k, v := range configs {
		entries[k] = &v
	}
	require.NoError(t, admin.CreateTopic(name, &sarama.TopicDetail{NumPartitions: partitions, ReplicationFactor: 1, ConfigEntries: entries}, false))
}

var clientTime = time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)

// produce sends values n..m-1 to the topic, their numbers as keys. Their timestamps fall, from clientTime on, an hour
// every third record.
func produce(t *testing.T, brokers []string, topic string, n, m int, options ...func(*sarama.Config)) {
	t.Helper()
	cfg := saramaConfig()
	for _, o := range options {
		o(cfg)
	}
	producer, err := sarama.NewSyncProducer(brokers, cfg)
	require.NoError(t, err)
	defer func() { require.NoError(t, producer.Close()) }()
	var messages []*sarama.ProducerMessage
	for i := n; i < m; i++ {
		messages = append(messages, &sarama.ProducerMessage{
			Topic:     topic,
			Key:       sarama.StringEncoder(strconv.Itoa(i)),
			Value:     sarama.StringEncoder(fmt.Sprintf("value %d", i)),
			Timestamp: clientTime.Add(-time.Duration((i-n)/3) * time.Hour),
		})
	}
	require.NoError(t, producer.SendMessages(messages))
}

// takeAll is a consumer group handler that hands on each record, then commits it with a metadata string that names it.
type takeAll struct{ got chan *sarama.ConsumerMessage }

func (takeAll) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (takeAll) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (h takeAll) ConsumeClaim(s sarama.ConsumerGroupSession, c sarama.ConsumerGroupClaim) error {
	for m := range c.Messages() {
		h.got <- m
		s.MarkMessage(m, metadata(m.Partition, m.Offset))
		s.Commit()
	}
	return nil
}

func metadata(partition int32, offset int64) string {
	return fmt.Sprintf(`{"after":"%d/%d","text":"ä\u0000\n"}`, partition, offset)
}

// consume reads `want` records of the topic with the group and commits after each.
func consume(t *testing.T, brokers []string, group, topic string, want int) []*sarama.ConsumerMessage {
	t.Helper()
	client, err := sarama.NewConsumerGroup(brokers, group, saramaConfig())
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	h := takeAll{make(chan *sarama.ConsumerMessage)}
	ended := make(chan error, 1)
	go func() { ended <- client.Consume(ctx, []string{topic}, h) }()
	var got []*sarama.ConsumerMessage
	for len(got) < want {
		select {
		case m := <-h.got:
			got = append(got, m)
		case err := <-ended:
			require.FailNow(t, "the group ended early", "%d of %d: %v", len(got), want, err)
		}
	}
	require.NoError(t, client.Close())
	require.NoError(t, <-ended)
	return got
}

// values returns the values by key, and fails on a key seen twice.
func values(t *testing.T, messages []*sarama.ConsumerMessage) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range messages {
		require.NotContains(t, out, string(m.Key))
		out[string(m.Key)] = string(m.Value)
	}
	return out
}

func wantValues(n, m int) map[string]string {
	out := map[string]string{}
	for i := n; i < m; i++ {
		out[strconv.Itoa(i)] = fmt.Sprintf("value %d", i)
	}
	return out
}

func TestKafkaGroupReadsWhatWasProduced(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	createTopic(t, stack.Brokers(), "events", 4, nil)
	produce(t, stack.Brokers(), "events", 0, 500)
	require.Equal(t, wantValues(0, 500), values(t, consume(t, stack.Brokers(), "readers", "events", 500)))
}

func TestKafkaStampsRecordsOfLogAppendTimeTopics(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	brokers := stack.Brokers()
	createTopic(t, brokers, "created", 1, map[string]string{"message.timestamp.type": "CreateTime"})
	produce(t, brokers, "created", 0, 3)
	for _, m := range consume(t, brokers, "readers", "created", 3) {
		require.True(t, m.Timestamp.Equal(clientTime), m.Timestamp)
	}
	for _, codec := range []sarama.CompressionCodec{sarama.CompressionNone, sarama.CompressionGZIP, sarama.CompressionSnappy, sarama.CompressionLZ4, sarama.CompressionZSTD} {
		t.Run(codec.String(), func(t *testing.T) {
			topic := "appended-" + codec.String()
			createTopic(t, brokers, topic, 1, map[string]string{"message.timestamp.type": "LogAppendTime"})
			before := time.Now().Truncate(time.Millisecond)
			produce(t, brokers, topic, 0, 300, func(c *sarama.Config) { c.Producer.Compression = codec })
			after := time.Now()
			got := consume(t, brokers, "readers-"+codec.String(), topic, 300)
			for _, m := range got {
				require.WithinRange(t, m.Timestamp, before, after)
			}
			require.Equal(t, wantValues(0, 300), values(t, got))
		})
	}
}

func TestKafkaDoesNotCreateTopicsByItself(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	c := saramaConfig()
	c.Producer.Idempotent = false
	c.Producer.Retry.Max, c.Metadata.Retry.Max = 0, 0
	producer, err := sarama.NewSyncProducer(stack.Brokers(), c)
	require.NoError(t, err)
	defer func() { require.NoError(t, producer.Close()) }()
	_, _, err = producer.SendMessage(&sarama.ProducerMessage{Topic: "nowhere", Value: sarama.StringEncoder("x")})
	require.ErrorIs(t, err, sarama.ErrUnknownTopicOrPartition)
}

func TestKafkaKeepsTopicsRecordsAndCommitsOverARestart(t *testing.T) {
	dir := t.TempDir()
	t.Run("first life", func(t *testing.T) {
		stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka), devstacktest.DataDir(dir))
		fillAndReadSome(t, stack.Brokers())
	})
	t.Run("second life", func(t *testing.T) {
		stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka), devstacktest.DataDir(dir))
		requireFilled(t, stack.Brokers())
	})
}

// brokerProcess runs Kafka in dir, prints its address and waits to be killed.
func brokerProcess(dir string) {
	cfg := devstack.DefaultConfig()
	cfg.Without = ^devstack.Kafka
	cfg.DataDir = dir
	stack, err := devstack.Start(context.Background(), cfg)
	if err != nil {
		panic(err)
	}
	fmt.Println(stack.Brokers()[0])
	select {}
}

func TestKafkaKeepsWhatWasAcknowledgedOverSIGKILL(t *testing.T) {
	dir := t.TempDir()
	program := exec.Command(os.Args[0])
	program.Env = append(os.Environ(), "DEVSTACK_TEST_BROKER_DIR="+dir)
	out, err := program.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, program.Start())
	var addr string
	_, err = fmt.Fscan(out, &addr)
	require.NoError(t, err)
	fillAndReadSome(t, []string{addr})
	require.NoError(t, program.Process.Kill())
	require.ErrorContains(t, program.Wait(), "signal: killed")

	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka), devstacktest.DataDir(dir))
	requireFilled(t, stack.Brokers())
}

func fillAndReadSome(t *testing.T, brokers []string) {
	t.Helper()
	createTopic(t, brokers, "events", 3, map[string]string{"message.timestamp.type": "LogAppendTime", "retention.ms": "604800000"})
	produce(t, brokers, "events", 0, 300)
	require.Equal(t, wantValues(0, 300), values(t, consume(t, brokers, "readers", "events", 300)))
	produce(t, brokers, "events", 300, 360)
}

// requireFilled expects what fillAndReadSome left: the topic and its settings, commits with their metadata, and only
// the last 60 records unread.
func requireFilled(t *testing.T, brokers []string) {
	t.Helper()
	admin, err := sarama.NewClusterAdmin(brokers, saramaConfig())
	require.NoError(t, err)
	defer func() { require.NoError(t, admin.Close()) }()
	topics, err := admin.ListTopics()
	require.NoError(t, err)
	require.Contains(t, topics, "events")
	require.Equal(t, int32(3), topics["events"].NumPartitions)
	require.Equal(t, "LogAppendTime", *topics["events"].ConfigEntries["message.timestamp.type"])
	require.Equal(t, "604800000", *topics["events"].ConfigEntries["retention.ms"])

	offsets, err := admin.ListConsumerGroupOffsets("readers", map[string][]int32{"events": {0, 1, 2}})
	require.NoError(t, err)
	var committed int64
	for p := range int32(3) {
		block := offsets.GetBlock("events", p)
		require.Equal(t, metadata(p, block.Offset-1), block.Metadata)
		committed += block.Offset
	}
	require.Equal(t, int64(300), committed)

	require.Equal(t, wantValues(300, 360), values(t, consume(t, brokers, "readers", "events", 60)))
	produce(t, brokers, "events", 360, 400)
	require.Equal(t, wantValues(0, 400), values(t, consume(t, brokers, "others", "events", 400)))
}
