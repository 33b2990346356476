package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/streams"
)

// workerEnv holds a job when this binary is started as a worker.
const workerEnv = "CHAOS_WORKER"

// job is what a worker is told.
type job struct {
	Brokers  []string
	Registry string
	Controls streams.Controls
}

func TestMain(m *testing.M) {
	if text := os.Getenv(workerEnv); text != "" {
		if err := work(text); err != nil {
			fmt.Fprintln(os.Stderr, "worker:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// work runs the processors until the process is killed.
func work(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx := context.Background()
	a, err := app.Build(ctx, j.config(), []app.Role{app.Processors}, log, app.Options{})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

func (j job) config() config.Config {
	cfg := config.Default()
	cfg.Kafka.Brokers, cfg.Kafka.Partitions = j.Brokers, 4
	cfg.Registry.URL = j.Registry
	cfg.HTTP.Addr = "127.0.0.1:0" // several on one host
	cfg.Streams.SessionTimeout = time.Second // a killed member's partitions are given away after this
	cfg.Streams.Controls = j.Controls
	return cfg
}

// worker is a running worker process.
type worker struct{ cmd *exec.Cmd }

func (j job) start(t *testing.T) *worker {
	t.Helper()
	text, err := json.Marshal(j)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = t.Output(), t.Output()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	w := &worker{cmd}
	t.Cleanup(w.kill)
	return w
}

// kill sends SIGKILL and waits for the end.
func (w *worker) kill() {
	if w.cmd.ProcessState == nil {
		_ = w.cmd.Process.Kill()
		_ = w.cmd.Wait()
	}
}

func jobFor(stack *devstack.Stack, c streams.Controls) job {
	return job{Brokers: stack.Brokers(), Registry: stack.RegistryURL(), Controls: c}
}
