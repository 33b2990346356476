package chaos

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/test/realkafka"
	"github.com/nova-social/nova-streams/topology"
)

const (
	testdata  = "../../testdata/gh/events_h0_dup.jsonl.gz"
	perSecond = 3000
)

func envInt(t *testing.T, name string, def int64) int64 {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return def
	}
	n, err := strconv.ParseInt(v, 10, 64)
	require.NoError(t, err, name)
	return n
}

// world is a stack under load, two workers of one role, and everything that can be done to them.
type world struct {
	t         *testing.T
	seed      int64
	rnd       *rand.Rand
	stack     *devstack.Stack
	kafka     *realkafka.Cluster // nil: the embedded broker
	job       job
	sinks     bool              // there are some, whoever runs them
	inside    app.Role          // runs in this process; "" for nothing
	addr      string            // of what runs inside, host:port
	log       testbuffer.Buffer // of all workers
	workers   map[string]*worker
	links     map[string]*link  // of workers
	instances map[string]string // of workers that go by another name
	renamed   int
	perSecond int             // events
	more      []streams.Input // of groups to wait for besides
	heeded    []string        // groups that have to go on; none: those that events pass
	inspector *streams.Inspector
	truth     *truth
	stopFeed  func()
	fed       chan struct{}
}

// newWorld starts a stack on brokers broker processes (the embedded broker, if no real one is wanted), whose workers run
// the processors, beside the role that runs inside.
func newWorld(t *testing.T, brokers int, inside app.Role, change func(*job), options ...func(*devstack.Config)) *world {
	t.Helper()
	seed := envInt(t, "SEED", time.Now().UnixNano()%1_000_000)
	t.Logf("SEED=%d", seed)
	w := &world{t: t, seed: seed, rnd: rand.New(rand.NewPCG(uint64(seed), 1)), truth: newTruth(), inside: inside, perSecond: perSecond}
	w.workers, w.links, w.instances = map[string]*worker{}, map[string]*link{}, map[string]string{}
	w.job.Role = app.Processors
	if change != nil {
		change(&w.job)
	}
	w.sinks = inside == app.Sinks || w.job.Role == app.Sinks
	without := devstack.Redis
	if !w.sinks {
		without |= devstack.ClickHouse
	}
	if realkafka.Wanted() {
		w.kafka = realkafka.Start(t, brokers, realkafka.Dir(filepath.Join(t.TempDir(), "kafka")))
		w.stack = devstacktest.Start(t, append(options, devstacktest.Without(without|devstack.Kafka))...)
		w.job.Brokers, w.job.Copies = w.kafka.Brokers(), brokers
	} else {
		w.stack = devstacktest.Start(t, append(options, devstacktest.Without(without))...)
		w.job.Brokers = w.stack.Brokers()
	}
	w.job.Registry = w.stack.RegistryURL()
	if w.sinks {
		w.job.Server = w.stack.ClickHouseAddr()
		_, err := clickhouse.Migrate(t.Context(), w.job.config().ClickHouse)
		require.NoError(t, err)
	}
	if inside != "" {
		w.startInside()
	}
	var err error
	w.inspector, err = streams.NewInspector(w.job.Brokers, "")
	require.NoError(t, err)
	t.Cleanup(w.inspector.Close)
	t.Cleanup(func() {
		if t.Failed() {
			w.keepLog()
		}
	})
	return w
}

// keepLog writes what the workers said to a file, and the end of it to the test's output, where more would hide what
// went wrong.
func (w *world) keepLog() {
	file := filepath.Join(w.t.ArtifactDir(), "workers.log")
	require.NoError(w.t, os.WriteFile(file, []byte(w.log.String()), 0o600))
	lines := strings.SplitAfter(w.log.String(), "\n")
	w.t.Logf("SEED=%d; the workers said (%d lines in %s, kept with -artifacts):\n%s", w.seed, len(lines), file,
		strings.Join(lines[max(0, len(lines)-20):], ""))
}

// instance returns what a worker is called within its groups.
func (w *world) instance(name string) string { return cmp.Or(w.instances[name], name) }

// start starts or restarts the worker of a name.
func (w *world) start(name string) *worker {
	w.t.Helper()
	return w.startAs(name, func(*job) {})
}

// startAs starts the worker of a name, whose job is not quite that of the others.
func (w *world) startAs(name string, change func(*job)) *worker {
	w.t.Helper()
	j := w.job
	change(&j)
	j.Instance = w.instance(name)
	if w.links[name] == nil {
		w.links[name] = newLink(w.t, w.job.Brokers)
	}
	j.Brokers = w.links[name].addrs
	w.workers[name] = j.start(w.t, &w.log)
	return w.workers[name]
}

// feed loads events until the world is drained.
func (w *world) feed(tag string) {
	ctx, cancel := context.WithCancel(w.t.Context())
	w.fed = make(chan struct{})
	w.stopFeed = cancel
	w.t.Cleanup(w.endFeed) // before what it feeds ends: a test may end amid it
	go func() {
		defer close(w.fed)
		w.truth.feed(ctx, w.t, w.job.Brokers, readEvents(w.t, testdata), w.perSecond, tag)
	}()
}

// endFeed stops the load and waits until all of it is acknowledged.
func (w *world) endFeed() {
	w.stopFeed()
	<-w.fed
}

// says returns how often the workers' logs say something.
func (w *world) says(text string) int { return strings.Count(w.log.String(), text) }

// startInside runs a role in this process.
func (w *world) startInside() {
	t, cfg := w.t, w.job.config()
	cfg.Streams.Controls = streams.Controls{}
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.Build(t.Context(), cfg, []app.Role{w.inside}, log, app.Options{Groups: eventGroups})
	require.NoError(t, err)
	w.addr = a.Addr()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, a.Close(context.Background()))
	})
}

func (w *world) inputs() []streams.Input {
	in := slices.Concat(w.more, []streams.Input{
		{Group: string(topology.Dedup), Topic: string(topology.Events)},
		{Group: string(topology.Reactions), Topic: string(topology.ReactionInputs)},
		{Group: string(topology.Scores), Topic: string(topology.Engagements)},
		{Group: string(topology.Sessions), Topic: string(topology.Activity)},
	})
	if w.sinks {
		in = append(in, streams.Input{Group: topology.PostEventsSink, Topic: string(topology.EnrichedEvents)})
	}
	return in
}

// status returns how the groups stand; false while the brokers do not say.
func (w *world) status() ([]streams.GroupStatus, bool) {
	ctx, cancel := context.WithTimeout(w.t.Context(), 3*time.Second)
	defer cancel()
	groups, err := w.inspector.Groups(ctx, w.inputs())
	return groups, err == nil
}

// watched are the groups of the workers that have to go on.
func (w *world) watched() []string {
	if len(w.heeded) > 0 {
		return w.heeded
	}
	if w.job.Role == app.Sinks {
		return []string{topology.PostEventsSink}
	}
	return []string{string(topology.Dedup), string(topology.Scores)}
}

func named(groups []streams.GroupStatus, name string) streams.GroupStatus {
	return groups[slices.IndexFunc(groups, func(g streams.GroupStatus) bool { return g.Group == name })]
}

// progress waits until the watched groups have committed more than at the call.
func (w *world) progress() {
	w.t.Helper()
	w.progressFrom(w.standing())
}

// standing returns how the groups stand, when the brokers say it.
func (w *world) standing() (groups []streams.GroupStatus) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		var ok bool
		groups, ok = w.status()
		return ok
	}, 60*time.Second, 20*time.Millisecond, "brokers say nothing")
	return groups
}

// progressFrom waits until the watched groups have committed more than when they stood so.
func (w *world) progressFrom(first []streams.GroupStatus) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		now, ok := w.status()
		return ok && !slices.ContainsFunc(w.watched(), func(g string) bool {
			return named(now, g).Accounting().In <= named(first, g).Accounting().In
		})
	}, 60*time.Second, 20*time.Millisecond, "no progress")
}

// owns waits until a worker has a partition of the last watched group.
func (w *world) owns(name string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		groups, ok := w.status()
		return ok && slices.ContainsFunc(named(groups, w.watched()[len(w.watched())-1]).Partitions, func(p streams.PartitionStatus) bool { return p.Owner == w.instance(name) })
	}, 60*time.Second, 20*time.Millisecond, "it got nothing")
}

// isBack waits until a worker has a partition of each goka group, and all of their partitions are given out.
func (w *world) isBack(name string) {
	w.t.Helper()
	require.Eventually(w.t, func() bool {
		groups, ok := w.status()
		return ok && !slices.ContainsFunc(groups, func(g streams.GroupStatus) bool {
			owned := func(p streams.PartitionStatus) bool { return p.Owner == w.instance(name) }
			free := func(p streams.PartitionStatus) bool { return p.Owner == "" }
			return g.Group != topology.PostEventsSink && (slices.ContainsFunc(g.Partitions, free) || !slices.ContainsFunc(g.Partitions, owned))
		})
	}, 60*time.Second, 20*time.Millisecond, "it does not come back")
}

// drain ends the load, waits until everything is done and returns the accounts. sent is how many records the present
// input topic got.
func (w *world) drain(sent int64) map[string]schemas.Accounting {
	w.t.Helper()
	accounts := map[string]schemas.Accounting{}
	require.Eventually(w.t, func() bool {
		groups, ok := w.status()
		if !ok {
			return false
		}
		for _, g := range groups {
			if g.Lag() != 0 {
				return false
			}
			accounts[g.Group] = g.Accounting()
		}
		return accounts[string(topology.Dedup)].In == sent
	}, 120*time.Second, 50*time.Millisecond, "not drained")
	time.Sleep(2 * time.Second) // a resting table is looked at once a second: what was outdone is sent again
	require.Eventually(w.t, func() bool {
		groups, ok := w.status()
		return ok && named(groups, string(topology.Scores)).State == "Stable"
	}, 30*time.Second, 50*time.Millisecond)
	for group, a := range accounts {
		require.True(w.t, a.Balanced(), "%s: %+v", group, a)
	}
	return accounts
}

// requireExact compares everything with the recount.
func (w *world) requireExact(accounts map[string]schemas.Accounting) {
	w.t.Helper()
	viewed, compacted := wrongPosts(w.t, w.job, w.truth)
	require.Zero(w.t, viewed, "posts wrong in a view, of %d", len(w.truth.posts))
	require.Zero(w.t, compacted, "posts wrong in the log as compaction leaves it, of %d", len(w.truth.posts))
	if w.sinks {
		require.Equal(w.t, w.truth.rows, rowsInClickHouse(w.t, w.stack), "rows in ClickHouse")
		require.Equal(w.t, w.truth.rows, accounts[topology.PostEventsSink].Applied)
		cfg := w.job.config()
		sessions, connections := oracle.RequireSessions(w.t, &cfg, w.stack)
		w.t.Logf("%d sessions, %d connections of two: all exact", sessions, connections)
	}
	require.Zero(w.t, w.says("stage stopped"), "a stage gave up")
	var replays int64
	for _, a := range accounts {
		replays += a.Replay
	}
	w.t.Logf("%d events sent, %d distinct, %d posts: all exact; %d replays dropped; %d rebuilds, %d takeovers, %d alarms of foreign rows",
		w.truth.sent, w.truth.rows, len(w.truth.posts), replays, w.says("rebuilding stage"), w.says("partition taken over"), w.says(foreignRows))
}

// pause waits a random time, at most d.
func (w *world) pause(d time.Duration) { time.Sleep(time.Duration(w.rnd.Int64N(int64(d)))) }

func tagged(n int) string { return fmt.Sprintf("t%d-", n) }
