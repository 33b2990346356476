package chaos

import (
	"syscall"
	"time"

	"github.com/stretchr/testify/require"
)

// fault is something that happens to a world with the workers a and b under load. It leaves them running.
type fault struct {
	name string
	do   func(w *world)
	shot string // what the workers' logs say when it has fired; "" for what cannot miss
}

// faults returns what can be done to the world.
func (w *world) faults() []fault {
	all := []fault{
		{"one is killed", func(w *world) { w.killed(w.any()) }, ""},
		{"both are killed", func(w *world) { w.killed("a", "b") }, ""},
		{"one is killed and comes back after its session", func(w *world) {
			name := w.any()
			w.workers[name].kill()
			time.Sleep(session + 500*time.Millisecond)
			w.start(name)
		}, ""},
		{"a third comes and leaves", func(w *world) {
			c := w.third()
			w.pause(time.Second)
			c.stop(w.t)
		}, "instance=c"},
		{"a third comes and is killed", func(w *world) {
			c := w.third()
			w.pause(time.Second)
			c.kill()
			time.Sleep(session)
		}, "instance=c"},
		{"one is frozen beyond its session", func(w *world) { w.frozen(w.any()) }, "streams: no word from the group's coordinator"},
	}
	if w.kafka != nil {
		all = append(all,
			fault{"a broker is killed", func(w *world) { w.brokerAway(time.Duration(w.rnd.Int64N(int64(time.Second)))) }, ""},
			fault{"a broker is away for longer than the session", func(w *world) { w.brokerAway(2 * session) }, ""},
		)
	}
	return all
}

func (w *world) any() string { return []string{"a", "b"}[w.rnd.IntN(2)] }

// killed kills workers at once and starts them again under their names.
func (w *world) killed(names ...string) {
	for _, n := range names {
		w.workers[n].kill()
	}
	for _, n := range names {
		w.start(n)
	}
}

// third starts a third worker and waits until it has a partition.
func (w *world) third() *worker {
	before := w.says("instance=c")
	c := w.start("c")
	require.Eventually(w.t, func() bool { return w.says("instance=c") > before }, 60*time.Second, 20*time.Millisecond, "it got nothing")
	return c
}

// frozen stops a worker for longer than its session, so that the other takes over, and lets it go on.
func (w *world) frozen(name string) {
	w.workers[name].signal(w.t, syscall.SIGSTOP)
	time.Sleep(session + time.Second)
	w.progress() // the other has taken over
	w.workers[name].signal(w.t, syscall.SIGCONT)
}

// brokerAway kills a broker and starts it again after d.
func (w *world) brokerAway(d time.Duration) {
	i := w.rnd.IntN(len(w.kafka.Brokers()))
	w.kafka.Kill(i)
	time.Sleep(d)
	w.kafka.Restart(i)
}

// strike lets n faults happen at random moments, each of them at least once where n allows, and checks that they fired.
func (w *world) strike(n int, all []fault) {
	w.t.Helper()
	count := map[string]int{}
	for i := range n {
		f := all[w.rnd.IntN(len(all))]
		if i < len(all) {
			f = all[i]
		}
		w.progress()
		w.pause(1200 * time.Millisecond)
		began := time.Now()
		f.do(w)
		count[f.name]++
		w.t.Logf("%3d of %d: %s (%v)", i+1, n, f.name, time.Since(began).Round(10*time.Millisecond))
	}
	for _, f := range all {
		if f.shot != "" && count[f.name] > 0 {
			require.GreaterOrEqual(w.t, w.says(f.shot), 1, "%q must show in the logs: %s", f.name, f.shot)
		}
	}
}
