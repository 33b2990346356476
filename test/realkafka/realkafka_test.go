package realkafka

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestKill_loses_nothing_acknowledged(t *testing.T) {
	began := time.Now()
	c := Start(t, 1)
	t.Logf("one broker: ready after %.1f s, %d MiB", time.Since(began).Seconds(), c.brokers[0].residentMiB(t))
	client := dial(t, c)
	create(t, client, 1)
	produce(t, client, 0, 500)
	c.Kill(0)
	began = time.Now()
	c.Restart(0)
	t.Logf("again after SIGKILL: ready after %.1f s", time.Since(began).Seconds())
	produce(t, client, 500, 600)
	requireValues(t, client, 600)
	t.Logf("then: %d MiB", c.brokers[0].residentMiB(t))
}

func TestDir_outlives_its_cluster(t *testing.T) {
	dir := t.TempDir()
	c := Start(t, 1, Dir(dir))
	client := dial(t, c)
	create(t, client, 1)
	produce(t, client, 0, 100)
	c.Stop(0)
	c.Close()

	began := time.Now()
	c = Start(t, 1, Dir(dir))
	t.Logf("again after SIGTERM, on other ports: ready after %.1f s", time.Since(began).Seconds())
	requireValues(t, dial(t, c), 100)
}

func TestThree_go_on_without_one(t *testing.T) {
	began := time.Now()
	c := Start(t, 3)
	t.Logf("three brokers: ready after %.1f s, %d MiB each", time.Since(began).Seconds(), c.brokers[0].residentMiB(t))
	client := dial(t, c)
	create(t, client, 3)
	produce(t, client, 0, 100)
	for round := range 2 {
		dead := int(leader(t, client)) - 1
		c.Kill(dead)
		began = time.Now()
		produce(t, client, 100*(round+1), 100*(round+2))
		t.Logf("without the leader: writing again after %.1f s", time.Since(began).Seconds())
		c.Restart(dead)
	}
	requireValues(t, client, 300)
}

func TestRestart_says_why_it_failed(t *testing.T) {
	c := Start(t, 1)
	b := c.brokers[0]
	require.ErrorContains(t, b.Start(t.Context()), "started already")
	c.Stop(0)
	listener, err := net.Listen("tcp", c.Brokers()[0])
	require.NoError(t, err)
	defer listener.Close()
	err = b.Start(t.Context())
	require.ErrorContains(t, err, "broker 1 ended by itself (exit status 1)")
	require.ErrorContains(t, err, "Address already in use")
	require.False(t, b.Started())
}

const topic = "things"

func dial(t *testing.T, c *Cluster) *kgo.Client {
	t.Helper()
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers()...), kgo.ConsumeTopics(topic))
	require.NoError(t, err)
	t.Cleanup(client.Close)
	return client
}

func create(t *testing.T, client *kgo.Client, replication int16) {
	t.Helper()
	_, err := kadm.NewClient(client).CreateTopic(t.Context(), 1, replication, nil, topic)
	require.NoError(t, err)
}

// produce writes the numbers from first to before end, acknowledged by as many brokers as must.
func produce(t *testing.T, client *kgo.Client, first, end int) {
	t.Helper()
	var records []*kgo.Record
	for i := first; i < end; i++ {
		records = append(records, &kgo.Record{Topic: topic, Value: []byte(strconv.Itoa(i))})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, client.ProduceSync(ctx, records...).FirstErr())
}

// requireValues reads the topic from its start and expects the numbers below n in order and nothing else.
func requireValues(t *testing.T, client *kgo.Client, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var got, want []string
	for i := range n {
		want = append(want, strconv.Itoa(i))
	}
	for len(got) < n {
		fetches := client.PollFetches(ctx)
		require.NoError(t, fetches.Err())
		fetches.EachRecord(func(r *kgo.Record) { got = append(got, string(r.Value)) })
	}
	require.Equal(t, want, got)
	ends, err := kadm.NewClient(client).ListEndOffsets(ctx, topic)
	require.NoError(t, err)
	end, _ := ends.Lookup(topic, 0)
	require.EqualValues(t, n, end.Offset)
}

func leader(t *testing.T, client *kgo.Client) int32 {
	t.Helper()
	topics, err := kadm.NewClient(client).ListTopics(t.Context(), topic)
	require.NoError(t, err)
	return topics[topic].Partitions[0].Leader
}

// residentMiB is what the broker's process has in memory.
func (b *broker) residentMiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/" + strconv.Itoa(b.PID()) + "/status")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "VmRSS:")
	require.True(t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib >> 10
}
