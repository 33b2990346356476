package sink

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
	"github.com/nova-social/nova-streams/topology"
)

const partitions = 4

// Prints rows per CPU second of the sink, of its insert alone, and of ch-go, in turns.
func TestThroughput(t *testing.T) {
	if os.Getenv("NOVA_BENCH") == "" {
		t.Skip("takes minutes: make bench-sink")
	}
	rows, rounds := benchtest.Number(t, "ROWS", 1_000_000), benchtest.Number(t, "ROUNDS", 3)
	stack := devstacktest.Start(t, devstacktest.Without(devstack.Redis))
	figures := map[string][]float64{}
	for round := range rounds {
		for _, mode := range []string{"sink", "insert", "bare"} {
			name := fmt.Sprint(mode, round)
			job := task{
				Mode: mode, Brokers: stack.Brokers(), Registry: stack.RegistryURL(), Server: stack.ClickHouseAddr(),
				Database: "bench_" + name, Prefix: name + "-", Rows: rows, Seed: uint64(round),
			}
			_, err := clickhouse.Migrate(t.Context(), job.config().ClickHouse)
			require.NoError(t, err)
			cpu := run(t, stack, job)
			require.Equal(t, rows, count(t, stack, job.Database))
			figures[mode] = append(figures[mode], float64(rows)/cpu.Seconds())
			t.Logf("round %d, %s: %.2f CPU seconds, %.0f rows per CPU second", round+1, mode, cpu.Seconds(), float64(rows)/cpu.Seconds())
			devstacktest.Query(t, stack, "default", "DROP DATABASE "+job.Database)
		}
	}
	bare := benchtest.Median(figures["bare"])
	for _, mode := range []string{"sink", "insert", "bare"} {
		f := figures[mode]
		t.Logf("| %s | %.0f (%.0f-%.0f) | %.2f |", mode, benchtest.Median(f), slices.Min(f), slices.Max(f), benchtest.Median(f)/bare)
	}
}

// run starts the worker, waits until it is done and returns its CPU time.
func run(t *testing.T, stack *devstack.Stack, job task) time.Duration {
	t.Helper()
	if job.Mode == "sink" {
		produce(t, job)
	}
	text, err := json.Marshal(job)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stderr = t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if job.Mode != "sink" {
		out, err := cmd.Output()
		require.NoError(t, err)
		ns, err := time.ParseDuration(strings.TrimSpace(string(out)))
		require.NoError(t, err)
		return ns
	}
	require.NoError(t, cmd.Start())
	require.Eventually(t, func() bool { return count(t, stack, job.Database) >= job.Rows }, 2*time.Minute, 50*time.Millisecond)
	require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(t, cmd.Wait())
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func count(t *testing.T, stack *devstack.Stack, database string) int {
	t.Helper()
	return int(devstacktest.Query(t, stack, database, "SELECT count() AS rows FROM post_events")[0]["rows"].(float64))
}

// produce writes the rows as group sessions would.
func produce(t *testing.T, job task) {
	t.Helper()
	_, err := app.Provision(t.Context(), job.config().Kafka)
	require.NoError(t, err)
	reg, err := registry.New(job.config().Registry, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	defer reg.Close()
	codecs, err := schemas.NewCodecs(t.Context(), reg)
	require.NoError(t, err)
	cfg := kafka.NewConfig("bench")
	cfg.Producer.Return.Successes = false
	cfg.Producer.Partitioner = sarama.NewManualPartitioner
	p, err := sarama.NewAsyncProducer(job.Brokers, cfg)
	require.NoError(t, err)
	for i, r := range newRows(0, job.Rows, job.Rows, job.Seed) {
		v, err := codecs.EnrichedEvents.Encode(r)
		require.NoError(t, err)
		p.Input() <- &sarama.ProducerMessage{
			Topic: job.Prefix + string(topology.EnrichedEvents), Partition: int32(i % partitions),
			Key: sarama.StringEncoder(r.UserID), Value: sarama.ByteEncoder(v),
		}
	}
	require.NoError(t, p.Close())
}
