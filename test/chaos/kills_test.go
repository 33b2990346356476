package chaos

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
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

// outcome is what a run came to.
type outcome struct {
	wrong      int   // posts whose counts differ from the recount
	rows       int64 // rows in ClickHouse
	truth      *truth
	replays    int64 // repeats recognised by origin, all groups
	hits       int   // kills after which replays were dropped: they fell between an output and its commit
	accounting map[string]schemas.Accounting
}

// run feeds events while the processors are killed again and again, lets them finish, and compares.
func run(t *testing.T, kills int, c streams.Controls) outcome {
	t.Helper()
	seed := envInt(t, "SEED", time.Now().UnixNano()%1_000_000)
	t.Logf("SEED=%d, %d kills", seed, kills)
	rnd := rand.New(rand.NewPCG(uint64(seed), 1))
	stack := devstacktest.Start(t, devstacktest.Without(devstack.Redis))
	job := jobFor(stack, c)
	startSink(t, stack, job)
	inspector, err := streams.NewInspector(stack.Brokers(), "")
	require.NoError(t, err)
	t.Cleanup(inspector.Close)

	ctx, stopFeed := context.WithCancel(t.Context())
	defer stopFeed()
	fed := make(chan *truth, 1)
	go func() { fed <- feed(ctx, t, stack.Brokers(), readEvents(t, testdata), perSecond) }()

	var out outcome
	before := int64(0)
	w := job.start(t)
	for range kills {
		// from the moment the stages work again, so that most kills fall into processing
		waitForProgress(t, inspector)
		time.Sleep(time.Duration(rnd.Int64N(int64(1200 * time.Millisecond))))
		_, now := status(t, inspector)
		if now > before {
			out.hits++
		}
		before = now
		w.kill()
		w = job.start(t)
	}
	waitForProgress(t, inspector)
	stopFeed()
	out.truth = <-fed
	groups := drain(t, inspector, out.truth.sent)
	if _, now := status(t, inspector); now > before {
		out.hits++
	}
	out.accounting = map[string]schemas.Accounting{}
	for _, g := range groups {
		a := g.Accounting()
		require.True(t, a.Balanced(), "%s: %+v", g.Group, a)
		out.accounting[g.Group] = a
		out.replays += a.Replay
	}
	out.wrong = wrongPosts(t, job, out.truth)
	out.rows = rowsInClickHouse(t, stack)
	t.Logf("%d events sent, %d distinct; replays dropped %d; %d kills fell between an output and its commit; %d posts wrong; %d rows",
		out.truth.sent, out.truth.rows, out.replays, out.hits, out.wrong, out.rows)
	return out
}

// startSink runs the sink in this process.
func startSink(t *testing.T, stack *devstack.Stack, j job) {
	t.Helper()
	cfg := j.config()
	cfg.Streams.Controls = streams.Controls{}
	cfg.ClickHouse.Addrs = []string{stack.ClickHouseAddr()}
	_, err := clickhouse.Migrate(t.Context(), cfg.ClickHouse)
	require.NoError(t, err)
	log := slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.Build(t.Context(), cfg, []app.Role{app.Sinks}, log, app.Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, a.Close(context.Background()))
	})
}

var inputs = []streams.Input{
	{Group: string(topology.Dedup), Topic: string(topology.Events)},
	{Group: string(topology.Reactions), Topic: string(topology.ReactionInputs)},
	{Group: string(topology.Scores), Topic: string(topology.Engagements)},
	{Group: topology.PostEventsSink, Topic: string(topology.Activity)},
}

func status(t *testing.T, i *streams.Inspector) (groups []streams.GroupStatus, replays int64) {
	t.Helper()
	groups, err := i.Groups(t.Context(), inputs)
	require.NoError(t, err)
	for _, g := range groups {
		replays += g.Accounting().Replay
	}
	return groups, replays
}

// waitForProgress waits until dedup and scores have committed more than at the call.
func waitForProgress(t *testing.T, i *streams.Inspector) {
	t.Helper()
	first, _ := status(t, i)
	require.Eventually(t, func() bool {
		now, _ := status(t, i)
		return now[0].Accounting().In > first[0].Accounting().In && now[2].Accounting().In > first[2].Accounting().In
	}, 30*time.Second, 20*time.Millisecond, "no progress")
}

// drain waits until everything is done and returns how the groups stand.
func drain(t *testing.T, i *streams.Inspector, sent int64) []streams.GroupStatus {
	t.Helper()
	var groups []streams.GroupStatus
	require.Eventually(t, func() bool {
		groups, _ = status(t, i)
		for _, g := range groups {
			if g.Lag() != 0 {
				return false
			}
		}
		return groups[0].Accounting().In == sent
	}, 90*time.Second, 50*time.Millisecond, "not drained")
	return groups
}
