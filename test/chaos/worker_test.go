package chaos

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

// workerEnv holds a job when this binary is started as a worker.
const workerEnv = "CHAOS_WORKER"

// job is what a worker is told.
type job struct {
	Brokers  []string
	Registry string
	Copies   int // of every partition
	Role     app.Role
	Server   string // ClickHouse's address
	Instance string
	Groups   []string // that it runs; none: those that events pass
	Disk     []string // groups whose tables are on disk
	DataDir  string
	Controls streams.Controls

	Addr      string      // of HTTP; "" for any
	Redis     string      // address
	KeyFile   string      // of tokens
	NoMarkers bool        // what a change leaves in the cache counts for nothing
	Ignore    cache.Scope // what changes of it removes nothing from the cache; "" for none such
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

// work runs the role until the process is killed.
func work(text string) error {
	var j job
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo})).With("worker", j.Instance)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a, err := app.Build(ctx, j.config(), []app.Role{j.Role}, log, app.Options{Groups: j.groups()})
	if err != nil {
		return err
	}
	return a.Run(ctx)
}

// eventGroups are the groups that events pass, and their sink: the others have nothing to do here, and would only make
// starts slow.
var eventGroups = []string{string(topology.Dedup), string(topology.Reactions), string(topology.Scores), string(topology.Sessions), topology.PostEventsSink}

func (j job) groups() []string {
	if len(j.Groups) > 0 {
		return j.Groups
	}
	return eventGroups
}

func (j job) config() config.Config {
	cfg := config.Default()
	cfg.Kafka.Brokers, cfg.Kafka.Partitions = j.Brokers, 4
	cfg.Registry.URL = j.Registry
	cfg.HTTP.Addr = "127.0.0.1:0" // several on one host
	if j.Addr != "" {
		cfg.HTTP.Addr = j.Addr
	}
	if j.Redis != "" {
		cfg.Redis.URL = "redis://" + j.Redis
	}
	if j.KeyFile != "" {
		cfg.Identity.KeyFiles = []string{j.KeyFile}
	}
	// a feed is by time, but for a second or so for each like: what must be on a page can be told without its maker's scores
	// and weights are great, so that six decimals tell milliseconds apart
	cfg.Feed.Freshness, cfg.Feed.Engagement, cfg.Feed.Affinity, cfg.Feed.PerAuthor = 1_000, 1, 0, 1_000
	cfg.Trending.ListSize = 5 // few, so that pages are of those whom a reader follows
	cfg.Pages.IgnoreMarkers = j.NoMarkers
	if j.Role == app.Applier { // a group of its own
		cfg.Applier.Group, cfg.Applier.Ignore = j.Groups[0], j.Ignore
	}
	if j.Server != "" {
		cfg.ClickHouse.Addrs = []string{j.Server}
	}
	cfg.ClickHouse.InsertTimeout, cfg.ClickHouse.ReadTimeout, cfg.ClickHouse.QueryTimeout = impatience, impatience, impatience
	cfg.ClickHouse.Views.Check = time.Second
	if j.Copies > 1 {
		cfg.Kafka.Replication, cfg.Kafka.MinInsyncReplicas = int16(j.Copies), 2
	}
	cfg.Streams.SessionTimeout = session
	cfg.Streams.Instance, cfg.Streams.Disk, cfg.Streams.DataDir = j.Instance, j.Disk, j.DataDir
	cfg.Streams.Controls = j.Controls
	cfg.Sink.SessionTimeout, cfg.Sink.BatchAge = session, 200*time.Millisecond
	cfg.Sessions.Gap, cfg.Sessions.Keep = 200*time.Millisecond, 5*time.Second // that all there is to sessions happens
	return cfg
}

// session is the silence after which a member's partitions are given away.
const session = 2 * time.Second

// impatience is how long a call of ClickHouse may take: a frozen server is given up on, and may still do what it was told.
const impatience = 2 * time.Second

// worker is a running worker process.
type worker struct {
	cmd   *exec.Cmd
	ended chan struct{} // closed when the process is gone
	err   error         // how it ended, after that
	over  bool          // we ended it
}

// start starts a worker that says to log what it does.
func (j job) start(t *testing.T, log io.Writer) *worker {
	t.Helper()
	text, err := json.Marshal(j)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), workerEnv+"="+string(text))
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	w := &worker{cmd: cmd, ended: make(chan struct{})}
	go func() {
		w.err = cmd.Wait()
		close(w.ended)
	}()
	t.Cleanup(func() {
		if !w.over {
			w.kill(t)
		}
	})
	return w
}

// signal sends a signal.
func (w *worker) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	w.requireAlive(t)
	require.NoError(t, w.cmd.Process.Signal(s))
}

// stop asks the worker to end and waits for it.
func (w *worker) stop(t *testing.T) {
	t.Helper()
	w.signal(t, syscall.SIGTERM)
	w.over = true
	<-w.ended
	require.NoError(t, w.err)
}

// kill sends SIGKILL and waits for the end.
func (w *worker) kill(t *testing.T) {
	t.Helper()
	w.requireAlive(t)
	w.over = true
	_ = w.cmd.Process.Kill()
	<-w.ended
}

// requireAlive fails the test if the worker ended by itself.
func (w *worker) requireAlive(t *testing.T) {
	t.Helper()
	select {
	case <-w.ended:
		w.over = true
		require.NoError(t, w.err, "a worker ended by itself")
		require.Fail(t, "a worker ended by itself")
	default:
	}
}
