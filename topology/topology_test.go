package topology_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func groups(t *testing.T) []topology.Group {
	t.Helper()
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	return topology.Groups(codecs)
}

func TestDescribe_golden(t *testing.T) {
	for file, got := range map[string]string{
		"testdata/topology.golden": topology.Describe(groups(t), topology.Sinks(), topology.Consumers()),
		"testdata/topology.mmd":    topology.Mermaid(groups(t), topology.Sinks(), topology.Consumers()),
	} {
		if *update {
			require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
		}
		want, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, string(want), got, "%s is stale: go test ./topology -update", file)
	}
}

func TestGraphs_hold_the_rules(t *testing.T) {
	catalogue := map[string]topology.Topic{}
	for _, topic := range topology.Topics() {
		require.NotContains(t, catalogue, topic.Name, "a topic is named once")
		catalogue[topic.Name] = topic
	}
	used := map[string]bool{string(topology.Events): true, string(topology.TopicEpochs): true, string(topology.JobsDLQ): true}
	for _, g := range groups(t) {
		graph := g.Graph(nil)
		require.NoError(t, graph.Validate())
		require.Len(t, graph.InputStreams(), 1, "group %s keeps state and emits: one input log", g.Name)
		if table := graph.GroupTable(); table != nil {
			require.Equal(t, topology.Compact, catalogue[table.Topic()].Cleanup)
			used[table.Topic()] = true
		}
		for _, e := range graph.InputStreams() {
			require.Contains(t, catalogue, e.Topic())
		}
		require.Contains(t, graph.OutputStreams().Topics(), string(g.DeadLetters))
		for _, e := range graph.OutputStreams() {
			require.Contains(t, catalogue, e.Topic())
			used[e.Topic()] = true
		}
	}
	for _, s := range topology.Sinks() {
		require.Contains(t, catalogue, string(s.Input))
		used[string(s.DeadLetters)] = true
	}
	for _, c := range topology.Consumers() {
		require.Contains(t, catalogue, string(c.Input))
		used[string(c.DeadLetters)] = true
	}
	for name, topic := range catalogue {
		require.NotEqual(t, topic.Foreign, used[name], "nobody writes %s, or we do though it is somebody else's", name)
	}
}

func TestTopics_have_room_for_a_dead_letter(t *testing.T) {
	by := map[string]topology.Topic{}
	for _, topic := range topology.Topics() {
		by[topic.Name] = topic
	}
	require.GreaterOrEqual(t, by["events-dlq"].MaxMessageBytes, by["events"].MaxMessageBytes+64<<10)
	require.Equal(t, "LogAppendTime", by["events"].Config()["message.timestamp.type"])
	require.Equal(t, "604800000", by["engagements"].Config()["retention.ms"])
	require.Equal(t, "600000", by["scores-table"].Config()["min.compaction.lag.ms"])
}
