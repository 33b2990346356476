package chaos

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/schemas"
)

// fault is something that happens to a world with the workers a and b under load. It leaves them running.
type fault struct {
	name string
	do   func(w *world)
	shot string // what the workers' logs say when it has fired; "" for what cannot miss
}

// What a stage says when its lease is over, when it meets rows of a former owner, and when another has its name.
const (
	fenced      = "streams: replaced by another process"
	leaseOver   = "streams: no word from the group's coordinator"
	foreignRows = "streams: somebody else writes to the table"
)

// faults returns what can be done to the world.
func (w *world) faults() []fault {
	all := []fault{
		{"one is killed", func(w *world) { w.killed(w.any()) }, ""},
		{"both are killed", func(w *world) { w.killed("a", "b") }, ""},
		{"both are killed while brokers are slow to write", func(w *world) {
			w.slow(100 * time.Millisecond)
			w.pause(time.Second)
			w.killed("a", "b")
			w.progress()
			w.slow(0)
		}, ""},
		{"one is killed and comes back after its session", (*world).outlived, ""},
		{"one is killed and comes back under another name", func(w *world) {
			name := w.any()
			w.workers[name].kill(w.t)
			w.renamed++
			w.instances[name] = fmt.Sprintf("renamed-%d", w.renamed)
			w.joins(name)
		}, "instance=renamed"},
		{"a third comes and leaves", (*world).visited, "instance=c"},
		{"a third comes and is killed", func(w *world) {
			w.visitedAndKilled()
			time.Sleep(session)
		}, "instance=c"},
		{"one is frozen beyond its session", func(w *world) { w.frozen(w.any()) }, leaseOver},
		{"one is frozen for a moment, and replaced under its name", func(w *world) { w.replaced(w.any(), w.moment()) }, fenced},
		{"one is frozen beyond its session, and replaced under its name", func(w *world) { w.replaced(w.any(), session+time.Second) }, fenced},
		{"one is cut off for a moment", func(w *world) { w.away(linkCut, w.moment(), w.any()) }, ""},
		{"both are cut off for a moment", func(w *world) { w.away(linkCut, w.moment(), "a", "b") }, ""},
		{"one is cut off beyond its session", func(w *world) { w.without(linkCut, w.any()) }, leaseOver},
		{"both are cut off beyond their sessions", func(w *world) { w.away(linkCut, session+time.Second, "a", "b") }, leaseOver},
		{"what one says comes a moment late", func(w *world) { w.away(linkHeld, w.moment(), w.any()) }, ""},
		{"what one says comes after its session", func(w *world) { w.late(w.any()) }, foreignRows},
	}
	if w.kafka != nil {
		all = append(all,
			fault{"a broker is killed", func(w *world) { w.brokerAway(time.Duration(w.rnd.Int64N(int64(time.Second)))) }, ""},
			fault{"a broker is away for longer than the session", func(w *world) { w.brokerAway(2 * session) }, ""},
		)
	}
	return only(all)
}

// only picks those of ONLY.
func only(all []fault) []fault {
	wanted := regexp.MustCompile(os.Getenv("ONLY"))
	return slices.DeleteFunc(all, func(f fault) bool { return !wanted.MatchString(f.name) })
}

func (w *world) any() string { return []string{"a", "b"}[w.rnd.IntN(2)] }

// killed kills workers at once and starts them again under their names.
func (w *world) killed(names ...string) {
	for _, n := range names {
		w.workers[n].kill(w.t)
	}
	for _, n := range names {
		w.start(n)
	}
}

// outlived kills a worker and starts it again when its session is over.
func (w *world) outlived() {
	name := w.any()
	w.workers[name].kill(w.t)
	time.Sleep(session + 500*time.Millisecond)
	w.start(name)
}

// visited has a third worker come, stay for a while, and leave.
func (w *world) visited() {
	c := w.joins("c")
	w.pause(time.Second)
	c.stop(w.t)
}

// visitedAndKilled has a third worker come, stay for a while, and be killed.
func (w *world) visitedAndKilled() {
	c := w.joins("c")
	w.pause(time.Second)
	c.kill(w.t)
}

// joins starts a worker that its groups do not know and waits until it has a partition.
func (w *world) joins(name string) *worker {
	started := w.start(name)
	w.owns(name)
	return started
}

// frozen stops a worker for longer than its session, so that the other takes over, and lets it go on.
func (w *world) frozen(name string) {
	w.workers[name].signal(w.t, syscall.SIGSTOP)
	time.Sleep(session + time.Second)
	w.progress() // the other has taken over
	w.workers[name].signal(w.t, syscall.SIGCONT)
}

// replaced starts another worker under the name of one that is frozen, and lets that go on after d: it has to end. It is a
// member of all its groups before: one that is about to join again may end its heir instead (docs/invariants.md, The edges).
func (w *world) replaced(name string, d time.Duration) {
	w.isBack(name)
	old := w.workers[name]
	old.signal(w.t, syscall.SIGSTOP)
	w.start(name)
	time.Sleep(d)
	old.signal(w.t, syscall.SIGCONT)
	old.over = true
	select {
	case <-old.ended:
		require.Error(w.t, old.err)
	case <-time.After(30 * time.Second):
		require.Fail(w.t, "the replaced worker goes on")
	}
}

// moment is shorter than a session.
func (w *world) moment() time.Duration { return time.Duration(w.rnd.Int64N(int64(session / 2))) }

// slow makes every Produce request take d on its way.
func (w *world) slow(d time.Duration) {
	for _, l := range w.links {
		l.slow.Store(int64(d))
	}
}

// away puts the links of workers into a state for d.
func (w *world) away(s linkState, d time.Duration, names ...string) {
	for _, n := range names {
		w.links[n].set(s)
	}
	time.Sleep(d)
	for _, n := range names {
		w.links[n].set(linkOpen)
	}
}

// without puts a worker's link into a state until its session is over and the other has taken over.
func (w *world) without(s linkState, name string) {
	w.links[name].set(s)
	time.Sleep(session + time.Second)
	w.progress()
	w.links[name].set(linkOpen)
}

// late holds back what a worker says, rows among it, until its session is over and the other has taken over.
func (w *world) late(name string) {
	w.owns(name)
	w.links[name].slow.Store(int64(100 * time.Millisecond))
	time.Sleep(500 * time.Millisecond)
	w.links[name].set(linkHeld)
	w.links[name].slow.Store(0)
	w.without(linkHeld, name)
}

// brokerAway kills a broker and starts it again after d.
func (w *world) brokerAway(d time.Duration) {
	i := w.rnd.IntN(len(w.kafka.Brokers()))
	w.kafka.Kill(i)
	time.Sleep(d)
	w.kafka.Restart(i)
}

// struck lets things happen under load, each of FAULTS (three times as many as there are, if that is not set), and compares
// everything with the recount; what reconciliation finds must be forgiven (nil forgives nothing). It returns the accounts.
func (w *world) struck(all []fault, forgiven func(reconcile.Finding) bool) map[string]schemas.Accounting {
	w.t.Helper()
	n := int(envInt(w.t, "FAULTS", int64(3*len(all))))
	w.perSecond = min(perSecond, 60*perSecond/n) // embedded brokers do not compact: whoever starts reads all there was
	w.feed("")
	w.start("a")
	w.start("b")
	reconciled := w.reconciling(forgiven)
	w.strike(n, all)
	w.endFeed()
	accounts := w.drain(w.truth.sent)
	reconciled()
	w.requireExact(accounts)
	return accounts
}

// strike lets n faults happen at random moments, each of them at least once where n allows. A fault that the logs must
// show is repeated until they do: not every time there is somebody whom it can hit.
func (w *world) strike(n int, all []fault) {
	w.t.Helper()
	w.progress()
	for i := range n {
		if i >= len(all) {
			w.strikeOnce(fmt.Sprintf("%d of %d", i+1, n), all[w.rnd.IntN(len(all))])
			continue
		}
		fired := false
		for try := 0; !fired && try < maxTries; try++ {
			fired = w.strikeOnce(fmt.Sprintf("%d of %d", i+1, n), all[i])
		}
		require.True(w.t, fired, "%q must show in the logs: %s", all[i].name, all[i].shot)
	}
}

// maxTries is how often a fault may miss: one that hits every second time fails one run in a thousand.
const maxTries = 10

// strikeOnce lets a fault happen and says whether it fired.
func (w *world) strikeOnce(label string, f fault) bool {
	w.t.Helper()
	w.pause(1200 * time.Millisecond)
	began, said := time.Now(), w.says(f.shot)
	f.do(w)
	took := time.Since(began)
	w.progress()
	fired := f.shot == "" || w.says(f.shot) > said
	w.t.Logf("%s: %s (%v), fired: %t", label, f.name, took.Round(10*time.Millisecond), fired)
	return fired
}
