package streams

import (
	"context"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/nova-social/nova-streams/internal/kafka"
)

func emptyBroker(t *testing.T) []string {
	t.Helper()
	c, err := kfake.NewCluster(kfake.NumBrokers(1))
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c.ListenAddrs()
}

func TestProvision_creates_what_is_missing_and_changes_nothing(t *testing.T) {
	brokers := emptyBroker(t)
	specs := []TopicSpec{
		{Name: "stream", Partitions: 3, Replication: 1, Config: map[string]string{"cleanup.policy": "delete", "retention.ms": "604800000", "message.timestamp.type": "LogAppendTime"}},
		{Name: "table", Partitions: 3, Replication: 1, Config: map[string]string{"cleanup.policy": "compact"}},
	}
	created, err := Provision(t.Context(), brokers, specs)
	require.NoError(t, err)
	require.Equal(t, []string{"stream", "table"}, created)
	created, err = Provision(t.Context(), brokers, specs)
	require.NoError(t, err)
	require.Empty(t, created)
}

func TestProvision_names_what_differs(t *testing.T) {
	brokers := emptyBroker(t)
	was := TopicSpec{Name: "table", Partitions: 3, Replication: 1, Config: map[string]string{"cleanup.policy": "delete", "retention.ms": "1000"}}
	_, err := Provision(t.Context(), brokers, []TopicSpec{was})
	require.NoError(t, err)
	wants := TopicSpec{Name: "table", Partitions: 4, Replication: 1, Config: map[string]string{"cleanup.policy": "compact", "retention.ms": "1000"}}
	created, err := Provision(t.Context(), brokers, []TopicSpec{wants, {Name: "new", Partitions: 1, Replication: 1}})
	require.ErrorIs(t, err, ErrMismatch)
	require.ErrorContains(t, err, "table has 3 partitions, wants 4")
	require.ErrorContains(t, err, "table has cleanup.policy=delete, wants compact")
	require.NotContains(t, err.Error(), "retention.ms")
	require.Equal(t, []string{"new"}, created)
}

func TestProvision_takes_foreign_topics_as_they_are(t *testing.T) {
	brokers := emptyBroker(t)
	_, err := Provision(t.Context(), brokers, []TopicSpec{{Name: "theirs", Partitions: 2, Replication: 1, Config: map[string]string{"retention.ms": "1000"}}})
	require.NoError(t, err)
	specs := []TopicSpec{
		{Name: "theirs", Partitions: 5, Replication: 3, Config: map[string]string{"retention.ms": "2000"}, Foreign: true},
		{Name: "missing", Partitions: 5, Replication: 1, Foreign: true},
	}
	created, err := Provision(t.Context(), brokers, specs)
	require.NoError(t, err)
	require.Equal(t, []string{"missing"}, created)
	require.EqualValues(t, 5, specs[0].Partitions, "what is given is not changed")
	lines, err := Replication(brokers, specs)
	require.NoError(t, err)
	require.Empty(t, lines)
}

// Another number of copies is told, and refuses nothing.
func TestReplication_names_what_differs(t *testing.T) {
	brokers := emptyBroker(t)
	topic := TopicSpec{Name: "stream", Partitions: 1, Replication: 1}
	_, err := Provision(t.Context(), brokers, []TopicSpec{topic})
	require.NoError(t, err)
	wants := topic
	wants.Replication = 3
	_, err = Provision(t.Context(), brokers, []TopicSpec{wants})
	require.NoError(t, err)
	lines, err := Replication(brokers, []TopicSpec{topic, wants, {Name: "missing", Replication: 3}})
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Contains(t, lines[0], "stream has 1 copies of each partition, the catalogue says 3")
}

// goka takes a group table with another number of partitions than its input, and asks for two replicas of what it
// creates itself; here the catalogue decides, before anything runs.
func TestProvision_goka_accepts_a_table_that_does_not_fit(t *testing.T) {
	brokers := emptyBroker(t)
	graph := adderGraph(func(goka.Context, any) {})
	specs := []TopicSpec{{Name: inTopic, Partitions: 4, Replication: 1}, {Name: outTopic, Partitions: 4, Replication: 1}}
	_, err := Provision(t.Context(), brokers, specs)
	require.NoError(t, err)
	build := func() error {
		_, err := goka.NewProcessor(brokers, graph, goka.WithTopicManagerBuilder(goka.TopicManagerBuilderWithConfig(kafka.NewConfig("plain"), goka.NewTopicManagerConfig())))
		return err
	}
	require.ErrorContains(t, build(), "eplication", "goka wants two replicas")
	table := TopicSpec{Name: group + "-table", Partitions: 2, Replication: 1}
	_, err = Provision(t.Context(), brokers, []TopicSpec{table})
	require.NoError(t, err)
	require.NoError(t, build(), "goka does not look at the partitions of the table")
	table.Partitions = 4
	_, err = Provision(t.Context(), brokers, []TopicSpec{table})
	require.ErrorIs(t, err, ErrMismatch)
}

func TestProvision_ends_with_its_context(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	brokers := emptyBroker(t)
	client, err := kafka.Dial(brokers, "test")
	require.NoError(t, err)
	defer client.Close()
	require.ErrorIs(t, waitForLeaders(ctx, client, []TopicSpec{{Name: "absent", Partitions: 1}}), context.DeadlineExceeded)
}
