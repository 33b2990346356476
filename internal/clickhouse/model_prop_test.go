package clickhouse

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// expected is a recount of the log that knows nothing of batches.
type expected struct {
	events  map[string]int // each good event once
	letters map[int64]bool // offsets of refused records
	account schemas.Accounting
}

func (w *world) expect() expected {
	e := expected{events: map[string]int{}, letters: map[int64]bool{}}
	seen := map[schemas.Origin]bool{}
	for _, m := range w.log {
		e.account.In++
		a, readable := w.codec[string(m.Value)].(*schemas.EnrichedEvent)
		switch {
		case !readable:
			e.account.Dead++
			e.letters[m.Offset] = true
		case seen[a.Origin]:
			e.account.Replay++
		case a.Action == engagement.None, a.DwellMS < 0:
			e.account.Dead++
			e.letters[m.Offset] = true
		default:
			e.account.Applied++
			e.events[a.EventID] = 1
		}
		if readable {
			seen[a.Origin] = true
		}
	}
	return e
}

// check compares what the run left behind with the recount.
func (w *world) check() error {
	if w.wrong != nil {
		return w.wrong
	}
	want := w.expect()
	events, view, recount := w.table.counts()
	letters := map[int64]bool{}
	for at := range w.graves.at {
		letters[at] = true
	}
	meta, err := schemas.DecodeCommitMeta(w.meta)
	if err != nil {
		return err
	}
	if err := w.table.chained(0); err != nil {
		return err
	}
	for _, c := range []struct {
		what      string
		want, got any
	}{
		{"events in the table", want.events, events},
		{"rows in the view", recount, view},
		{"dead letters", want.letters, letters},
		{"accounting", want.account, meta.Accounting},
		{"committed offset", int64(len(w.log)), w.committed},
	} {
		if fmt.Sprint(c.want) != fmt.Sprint(c.got) {
			return fmt.Errorf("%s: want %v, got %v", c.what, c.want, c.got)
		}
	}
	return nil
}

const (
	modelSeeds   = 600
	controlSeeds = 100 // what goes wrong may go on until the end of a run is enforced
)

func TestModelIsExactUnderCrashesAndZombies(t *testing.T) {
	t.Parallel()
	var total world
	var repeats, attempts, pieces int
	for seed := range uint64(modelSeeds) {
		w := newWorld(seed, allRules)
		w.run()
		require.NoError(t, w.check(), "seed %d", seed)
		total.crashes += w.crashes
		total.freezes += w.freezes
		total.refusals += w.refusals
		total.replayedRanges += w.replayedRanges
		total.restarts += w.restarts
		repeats += w.table.repeats
		attempts += w.table.attempts
		pieces += w.table.refusals
	}
	t.Logf("%d runs: %d crashes, %d freezes, %d commits refused, %d announced ranges taken over, %d blocks known by their token,"+
		" %d starts of the server, %d inserts under fresh tokens, %d inserts refused",
		modelSeeds, total.crashes, total.freezes, total.refusals, total.replayedRanges, repeats, total.restarts, attempts, pieces)
	for name, n := range map[string]int{
		"crashes": total.crashes, "freezes": total.freezes, "refused commits": total.refusals,
		"ranges taken over": total.replayedRanges, "repeated blocks": repeats, "starts of the server": total.restarts, "fresh tokens": attempts, "refused inserts": pieces,
	} {
		require.Greater(t, n, modelSeeds/2, "%s must happen for the test to mean something", name)
	}
}

// Each rule switched off must show; otherwise the test above proves nothing about it.
func TestModelGoesWrongWithoutARule(t *testing.T) {
	for name, off := range map[string]func(*rules){
		"announcements are not committed":                func(r *rules) { r.announce = false },
		"origins are not committed":                      func(r *rules) { r.origins = false },
		"former owners may commit":                       func(r *rules) { r.fence = false },
		"announcements carry the vector after the range": func(r *rules) { r.atFirst = false },
		"runs of the server are not told apart":          func(r *rules) { r.runs = false },
		"rows are not looked for":                        func(r *rules) { r.rows = false },
		"inserts under way are not waited for":           func(r *rules) { r.settled = false },
	} {
		t.Run(name, func(t *testing.T) {
			r := allRules
			off(&r)
			wrong := 0
			for seed := range uint64(controlSeeds) {
				if w := newWorld(seed, r); w.goesWrong() {
					wrong++
				}
			}
			t.Logf("%d of %d runs wrong", wrong, controlSeeds)
			require.Greater(t, wrong, controlSeeds/20)
		})
	}
}

// goesWrong runs the model with the invariant on announcements ignored: only the outcome counts.
func (w *world) goesWrong() bool {
	w.run()
	if w.wrong != nil && w.rules.announce && w.rules.fence {
		return true
	}
	w.wrong = nil
	return w.check() != nil
}
