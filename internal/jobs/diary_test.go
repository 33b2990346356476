package jobs

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// logs are those of Redis, with the lives they were last given.
type logs struct {
	mu    sync.Mutex
	all   map[string][]string
	lives map[string]time.Duration
}

func (l *logs) Push(_ context.Context, _, name string, value []byte, keep int, ttl time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	values := append([]string{string(value)}, l.all[name]...)
	l.all[name], l.lives[name] = values[:min(len(values), keep)], ttl
	return nil
}

func (l *logs) Logs(context.Context, string) (map[string][]string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all, nil
}

// Processes tell each other what came of their runs, the last ten of each job, and nothing of what was another's turn.
func TestDiary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := &logs{all: map[string][]string{}, lives: map[string]time.Duration{}}
		held, lock := map[string]string{}, &sync.Mutex{}
		process := func(who string, work func(context.Context) error) *bench {
			b := newBench(t, func(d *Deps) {
				d.Diary, d.Leases = &Diary{shared, who}, &leases{mu: lock, who: who, held: held}
			})
			require.NoError(t, b.Add(Job{Name: "one", Kind: "k", Every: 60 * s, Timeout: 30 * s, Run: b.job("one", s)}))
			require.NoError(t, b.Add(Job{Name: "each", Kind: "e", Every: 10 * s, Timeout: 5 * s, Everywhere: true, Run: work}))
			b.run(t)
			return b
		}
		a := process("a", func(context.Context) error { return nil })
		time.Sleep(3 * s)
		b := process("b", func(context.Context) error { return errors.New("on " + strings.Repeat("purpose ", 100)) })
		time.Sleep(56 * s)
		a.stop()
		b.stop()
		all, err := (&Diary{Logs: shared}).Read(t.Context())
		require.NoError(t, err)
		require.Equal(t, map[string]time.Duration{"one": 2 * time.Minute, "each": time.Minute}, shared.lives)
		require.Equal(t, []Run{{"a", "k", a.begin.Round(0).UTC(), s, OK, ""}}, utc(all["one"]))
		require.Len(t, all["each"], 10, "of twelve")
		require.Equal(t, Run{"b", "e", b.begin.Add(50 * s).Round(0).UTC(), 0, Failed, ("on " + strings.Repeat("purpose ", 100))[:keptError]}, utc(all["each"])[0])

		require.True(t, b.Status()[1].Skipped)
		require.Empty(t, b.Status()[1].Runs)
		list := Together(b.Status(), all)
		require.Equal(t, []string{"each", "one"}, []string{list[0].Name, list[1].Name})
		require.Equal(t, utc(all["each"]), utc(list[0].Runs), "its own are among them once")
		require.Equal(t, utc(all["one"]), utc(list[1].Runs))
		require.Equal(t, b.Status(), Together(b.Status(), nil), "Redis is away")
		shared.all["one"] = []string{"of a later version"}
		all, err = (&Diary{Logs: shared}).Read(t.Context())
		require.NoError(t, err)
		require.NotContains(t, all, "one")
	})
}

// utc has the same times look the same.
func utc(runs []Run) []Run {
	all := make([]Run, len(runs))
	for i, r := range runs {
		r.Begin = r.Begin.UTC()
		all[i] = r
	}
	return all
}

func TestTogether(t *testing.T) {
	at := time.Unix(1000, 0)
	run := func(process string, n int) Run {
		return Run{Process: process, Kind: "k", Begin: at.Add(time.Duration(n) * s), Result: OK}
	}
	var mine, all []Run
	for i := range 8 {
		mine = append([]Run{run("a", 2*i)}, mine...)
		if i != 7 { // Redis was away
			all = append([]Run{run("a", 2*i)}, all...)
		}
		all = append([]Run{run("b", 2*i+1)}, all...)
	}
	next := at.Add(time.Hour)
	got := Together([]Status{{Name: "z", Kind: "k", Runs: mine, Next: next}, {Name: "none"}}, map[string][]Run{"z": all, "else": {run("c", 3)}, "empty": {}})
	want := []Run{}
	for i := range KeptRuns {
		want = append(want, run([]string{"b", "a"}[i%2], 15-i))
	}
	require.Equal(t, []Status{
		{Name: "else", Kind: "k", Runs: []Run{run("c", 3)}}, {Name: "none"}, {Name: "z", Kind: "k", Runs: want, Next: next},
	}, got, fmt.Sprint(got))
}
