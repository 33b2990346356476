package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func recoveringStage() streams.Status {
	return streams.Status{
		Group: "scores", State: streams.Recovering, Instance: "a", LastError: errors.New("a broker was away"), Rebuilds: 5, CrashLoop: true,
		Partitions: []streams.PartitionState{
			{Partition: 0, State: streams.Running, Recovery: streams.Progress{From: 5, At: 5, To: 5}, Rows: 3, Memory: 640, Commits: 7, Pause: 250 * time.Millisecond},
			{Partition: 2, State: streams.Recovering, Recovery: streams.Progress{From: 10, At: 40, To: 100}, Rows: 2, Disk: 99},
		},
	}
}

// What a process knows of its own stage is put over what the brokers know of the group; partitions of others stay as
// the brokers see them.
func TestStatus_shows_recovery_and_failure(t *testing.T) {
	bad := schemas.CommitMeta{Accounting: schemas.Accounting{In: 2, Applied: 1}}
	g := observed(streams.GroupStatus{Input: streams.Input{Group: "scores"}, State: "Stable", Members: 2, MetaLimit: 100, Partitions: []streams.PartitionStatus{
		{Partition: 0, Committed: -1, Start: 3, End: 9, Owner: "a"}, {Partition: 1, Owner: "b", Meta: bad, MetaBytes: 75}, {Partition: 2, Owner: "a"},
	}})
	require.Equal(t, api.Running, g.State)
	require.EqualValues(t, 6, g.Lag)
	require.False(t, g.Balanced)
	require.True(t, g.Partitions[1].MetadataAlarm)
	fillFrom(&g, recoveringStage())
	require.Equal(t, api.Recovering, g.State)
	require.Equal(t, "a broker was away", g.LastError)
	require.True(t, g.CrashLoop)
	require.Equal(t, 5, g.Rebuilds)
	require.Equal(t, &api.Table{Rows: 3, MemoryBytes: 640}, g.Partitions[0].Table)
	require.EqualValues(t, 7, g.Partitions[0].Commits)
	require.Nil(t, g.Partitions[1].Recovery)
	require.InDelta(t, 0.25, g.Partitions[0].PauseSeconds, 0)
	require.Equal(t, api.Recovering, g.Partitions[2].State)
	require.Equal(t, &api.Recovery{From: 10, At: 40, To: 100}, g.Partitions[2].Recovery)
	require.Equal(t, api.Starting, coordinated("PreparingRebalance"))
	require.Equal(t, api.Stopped, coordinated("Empty"))
}

type stageMetrics struct{ streams.Status }

func (stageMetrics) Describe(ch chan<- *prometheus.Desc)   { stageCollector{}.Describe(ch) }
func (m stageMetrics) Collect(ch chan<- prometheus.Metric) { collectStage(ch, m.Status) }

func TestMetrics_of_a_stage(t *testing.T) {
	const want = `
# HELP nova_stream_recovery_remaining_records Offsets of the changelog still to be read before the partition runs.
# TYPE nova_stream_recovery_remaining_records gauge
nova_stream_recovery_remaining_records{group="scores",partition="0"} 0
nova_stream_recovery_remaining_records{group="scores",partition="2"} 60
# HELP nova_stream_table_bytes Size of the table, of a partition of this process.
# TYPE nova_stream_table_bytes gauge
nova_stream_table_bytes{group="scores",partition="0",where="disk"} 0
nova_stream_table_bytes{group="scores",partition="0",where="memory"} 640
nova_stream_table_bytes{group="scores",partition="2",where="disk"} 99
nova_stream_table_bytes{group="scores",partition="2",where="memory"} 0
# HELP nova_stream_table_rows Rows of the table, of a partition of this process.
# TYPE nova_stream_table_rows gauge
nova_stream_table_rows{group="scores",partition="0"} 3
nova_stream_table_rows{group="scores",partition="2"} 2
`
	require.NoError(t, testutil.CollectAndCompare(stageMetrics{recoveringStage()}, strings.NewReader(want)))
}

// An address that is taken is a mistake of the settings, and is said as one, before anything else is begun.
func TestBuild_names_the_setting_of_a_taken_address(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	for _, roles := range [][]Role{{Processors}, {API}} {
		cfg := away(t)
		cfg.HTTP.Addr = l.Addr().String()
		_, err = Build(t.Context(), cfg, roles, slog.New(slog.DiscardHandler), Options{})
		require.ErrorContains(t, err, "http.addr")
		require.ErrorContains(t, err, l.Addr().String())
	}
}

func text(t *testing.T, addr, path string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// runs starts a process with the processors of a group alone, until the test ends.
func runs(t *testing.T, cfg config.Config, group string) *App {
	t.Helper()
	a, err := Build(t.Context(), cfg, []Role{Processors}, slog.New(slog.DiscardHandler), Options{Groups: []string{group}})
	require.NoError(t, err)
	runToTheEnd(t, a)
	return a
}

// A process without the API tells its health, its metrics with real lag, and how all groups stand. When its stage fails
// for good it is no longer ready, and says why.
func TestOperations(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL, cfg.Kafka.Partitions = stack.Brokers(), stack.RegistryURL(), 2
	cfg.HTTP.Addr, cfg.Streams.Instance = "127.0.0.1:0", "worker"
	a := runs(t, cfg, string(topology.Dedup))
	ready := func() bool { return code(t, a.Addr(), "/health/ready") == http.StatusOK }
	require.Eventually(t, ready, 20*time.Second, 20*time.Millisecond)
	require.Equal(t, http.StatusOK, code(t, a.Addr(), "/health/live"))
	require.Equal(t, http.StatusNotFound, code(t, a.Addr(), "/v1/trending"))

	p, err := sarama.NewSyncProducer(stack.Brokers(), kafka.NewConfig("test"))
	require.NoError(t, err)
	for i := range 10 {
		_, _, err = p.SendMessage(&sarama.ProducerMessage{
			Topic: string(topology.Events), Key: sarama.StringEncoder("u:p"),
			Value: sarama.StringEncoder(fmt.Sprintf(`{"event_id":"%d","ts":%d,"user_id":"u","post_id":"p","action":"share"}`, i, time.Now().UnixMilli())),
		})
		require.NoError(t, err)
	}
	require.NoError(t, p.Close())
	status := func() (dedup api.Group) {
		t.Helper()
		var st api.Status
		require.NoError(t, json.Unmarshal([]byte(text(t, a.Addr(), "/v1/status")), &st))
		for _, g := range st.Groups {
			if g.Group == string(topology.Dedup) {
				return g
			}
		}
		require.FailNow(t, "no dedup", "%+v", st)
		return dedup
	}
	in := func(g api.Group) (n int64) {
		for _, p := range g.Partitions {
			n += p.Accounting.In
		}
		return n
	}
	require.Eventually(t, func() bool { return in(status()) == 10 }, 20*time.Second, 20*time.Millisecond)
	g := status()
	require.Equal(t, api.Running, g.State)
	require.Equal(t, "worker", g.Instance)
	require.Equal(t, 1, g.Members)
	require.True(t, g.Balanced)
	rows := int64(0)
	for _, p := range g.Partitions {
		require.Equal(t, "worker", p.Owner)
		require.Equal(t, api.Running, p.State)
		require.Equal(t, schemas.MaxCommitMeta, p.MetadataLimit)
		rows += p.Table.Rows
	}
	require.EqualValues(t, 1, rows)
	metrics := text(t, a.Addr(), "/metrics")
	for _, want := range []string{
		`nova_stream_lag_records{group="dedup",partition="0"} 0`, `nova_stream_unaccounted_records{group="dedup",partition="1"} 0`,
		`nova_stream_table_rows{group="dedup",partition=`, `nova_stream_recovery_remaining_records{group="dedup",partition="0"} 0`,
	} {
		require.Contains(t, metrics, want)
	}
	require.NotContains(t, metrics, `nova_stream_lag_records{group="scores"`, "another process runs it")
	require.Contains(t, metrics, `kafka_offset_commits_total{group="dedup",result="accepted"}`)

	admin, err := sarama.NewClusterAdmin(stack.Brokers(), kafka.NewConfig("test"))
	require.NoError(t, err)
	defer admin.Close()
	require.NoError(t, admin.CreatePartitions(string(topology.Events), 3, nil, false))
	require.Eventually(t, func() bool { return status().State == api.Failed }, 20*time.Second, 20*time.Millisecond)
	require.Contains(t, status().LastError, "number of partitions")
	require.False(t, ready())
	require.Equal(t, http.StatusOK, code(t, a.Addr(), "/health/live"), "a restart would not help")
}
