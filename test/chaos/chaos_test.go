package chaos

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/test/realkafka"
)

func skipShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes: make chaos")
	}
}

// Whatever happens to processes and brokers, every count is exact afterwards.
func TestFaults_leave_every_count_exact(t *testing.T) {
	skipShort(t)
	mixed(t, 1)
}

// The same with three brokers, of which one at a time is killed.
func TestFaults_with_three_brokers(t *testing.T) {
	skipShort(t)
	if !realkafka.Wanted() {
		t.Skip("needs broker processes: make test-real")
	}
	mixed(t, 3)
}

func mixed(t *testing.T, brokers int) {
	t.Helper()
	w := newWorld(t, brokers, app.Sinks, nil)
	accounts := w.struck(w.faults(), nil)
	require.Positive(t, w.says("instance=a"))
	replays := int64(0)
	for _, a := range accounts {
		replays += a.Replay
	}
	require.Positive(t, replays, "no fault fell between an output and its commit")
}

// With a rule switched off the run must go wrong: else the tests above prove nothing.
func TestControls_go_wrong(t *testing.T) {
	skipShort(t)
	kills := func(w *world) { // what was committed, and what others were told, may not have been written
		w.slow(100 * time.Millisecond)
		for range 4 {
			w.progress()
			w.pause(1200 * time.Millisecond)
			w.killed("a", "b")
		}
		w.slow(0)
	}
	freezes := func(w *world) { // the one that was frozen has the last word, and much to say
		for n := range 6 {
			w.progress()
			w.slow(100 * time.Millisecond)
			w.pause(500 * time.Millisecond)
			w.progress()
			w.workers["a"].signal(w.t, syscall.SIGSTOP)
			w.slow(0)
			time.Sleep(session + time.Second)
			w.progress()
			w.endFeed()
			time.Sleep(2 * time.Second)
			w.workers["a"].signal(w.t, syscall.SIGCONT)
			w.drain(w.truth.sent)
			viewed, compacted := wrongPosts(w.t, w.job, w.truth)
			w.t.Logf("%d. freeze: %d posts wrong in a view, %d as compaction leaves it", n+1, viewed, compacted)
			if viewed+compacted > 0 {
				return
			}
			w.feed(tagged(n))
		}
	}
	for name, c := range map[string]struct {
		controls streams.Controls
		happens  func(*world)
	}{
		"origins ignored":                      {streams.Controls{IgnoreOrigins: true}, kills},
		"rows first":                           {streams.Controls{RowsFirst: true}, kills},
		"commits that do not wait":             {streams.Controls{CommitEarly: true}, kills},
		"neither pause gate nor foreign alarm": {streams.Controls{NoFences: true}, freezes},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1, "", func(j *job) { j.Controls = c.controls })
			w.feed("")
			w.start("a")
			w.start("b")
			c.happens(w)
			w.endFeed()
			w.drain(w.truth.sent)
			viewed, compacted := wrongPosts(t, w.job, w.truth)
			t.Logf("%d posts wrong in a view, %d as compaction leaves it, of %d", viewed, compacted, len(w.truth.posts))
			require.Positive(t, viewed+compacted)
		})
	}
}
