package cdc

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
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
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

// Prints the CPU time and the wall time per change of the groups, of decoding alone, and of reading alone, in turns.
func TestThroughput(t *testing.T) {
	if os.Getenv("NOVA_BENCH") == "" {
		t.Skip("takes minutes: make bench-cdc")
	}
	changes, rounds := benchtest.Number(t, "CHANGES", 300_000), benchtest.Number(t, "ROUNDS", 3)
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	for _, format := range []string{"json-noschema", "avro"} {
		all := templates(t, format)
		if format == "avro" {
			cfg := registry.DefaultConfig()
			cfg.URL = stack.RegistryURL()
			client, err := registry.New(cfg, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			defer client.Close()
			all = debeziumtest.Registered(t, client, all)
		}
		cpu, wall := map[string][]float64{}, map[string][]float64{}
		for round := range rounds {
			job := task{Brokers: stack.Brokers(), Registry: stack.RegistryURL(), Prefix: fmt.Sprint(format, round, "-"), Changes: changes}
			produce(t, job, all, rand.New(rand.NewPCG(uint64(round), 0)))
			for _, job.Mode = range []string{"groups", "decode", "read"} {
				spent, took := run(t, job)
				per := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 / float64(changes) }
				cpu[job.Mode], wall[job.Mode] = append(cpu[job.Mode], per(spent)), append(wall[job.Mode], per(took))
				t.Logf("%s, round %d, %s: %.2f s CPU, %.2f s", format, round+1, job.Mode, spent.Seconds(), took.Seconds())
			}
		}
		for _, mode := range []string{"groups", "decode", "read"} {
			c, w := cpu[mode], wall[mode]
			t.Logf("| %s | %s | %.1f (%.1f–%.1f) | %.1f | %.0f k |", format, mode, benchtest.Median(c), slices.Min(c), slices.Max(c), benchtest.Median(c)/benchtest.Median(cpu["decode"]), 1e3/benchtest.Median(w))
		}
	}
}

// run starts the worker and returns its CPU time, and how long it took until all was done.
func run(t *testing.T, job task) (cpu, took time.Duration) {
	t.Helper()
	text, err := json.Marshal(job)
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stderr = t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	began := time.Now()
	require.NoError(t, cmd.Start())
	if job.Mode == "groups" {
		job.wait(t)
		took = time.Since(began)
		require.NoError(t, cmd.Process.Signal(syscall.SIGTERM))
	}
	require.NoError(t, cmd.Wait())
	if job.Mode != "groups" {
		took = time.Since(began)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), took
}

// wait waits until the groups have done all, and nothing was refused.
func (t task) wait(tb testing.TB) {
	tb.Helper()
	cfg := t.config()
	watcher, err := app.NewWatcher(cfg.Kafka)
	require.NoError(tb, err)
	defer watcher.Close()
	require.Eventually(tb, func() bool {
		st, err := watcher.Status(tb.Context())
		require.NoError(tb, err)
		var read int64
		for _, g := range st.Groups {
			if slices.Contains(groups(), g.Group) && g.Lag > 0 {
				return false
			}
		}
		for name, a := range st.Accounting {
			if slices.Contains(groups(), name) {
				require.Zero(tb, a.Dead, name)
				if strings.HasPrefix(name, "cdc-") {
					read += a.Applied
				}
			}
		}
		return read == int64(t.Changes)
	}, 5*time.Minute, 100*time.Millisecond)
}

// produce writes the changes as a connector would.
func produce(t *testing.T, job task, all []debezium.Record, rng *rand.Rand) {
	t.Helper()
	_, err := app.Provision(t.Context(), job.config().Kafka)
	require.NoError(t, err)
	cfg := kafka.NewConfig("bench")
	cfg.Producer.Return.Successes = false
	p, err := sarama.NewAsyncProducer(job.Brokers, cfg)
	require.NoError(t, err)
	for n := range job.Changes {
		r := change(all[rng.IntN(len(all))], n, rng)
		p.Input() <- &sarama.ProducerMessage{Topic: job.Prefix + r.Topic, Key: sarama.ByteEncoder(r.Key), Value: sarama.ByteEncoder(r.Value)}
	}
	require.NoError(t, p.Close())
}
