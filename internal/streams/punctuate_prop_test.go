package streams

import (
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

// tickedKeep is after how many inputs of its partition a row of the model is worth nothing.
const tickedKeep = 8 * time.Millisecond

// tellAll passes on what the row holds, every time, and keeps only every second input: what it says depends on what
// ticks have set, and on rows that it leaves as they are.
func tellAll(ctx goka.Context, msg any) schemas.Outcome {
	n, r := msg.(*note), row(ctx)
	if now := ctx.Timestamp().UnixMilli(); r.Time+tickedKeep.Milliseconds() <= now {
		r = &tally{Time: now}
	}
	ctx.Emit("mid", ctx.Key(), &note{ID: n.ID, Key: ctx.Key(), Delta: r.Sum})
	if n.Delta < 0 {
		return schemas.Skipped
	}
	r.Sum, r.Time = r.Sum+1, ctx.Timestamp().UnixMilli()
	ctx.SetValue(r)
	return schemas.Applied
}

// tickedModel is one stage whose ticks change rows at random, and delete those that verbs take for worthless.
func tickedModel(seed uint64, c Controls) (m *model, sets, deletes *int) {
	m = newModel(seed, c, false)
	sets, deletes = new(int), new(int)
	m.stages = []*modelStage{{name: "a", in: "in", verb: tellAll, outputs: map[string]output{"mid": {"mid", jsonCodec[note]{}, 1 << 20}}, tick: func(k schemas.Tick, _ time.Time) {
		k.Walk(2, func(key string, row schemas.Row) {
			r := row.(*tally)
			switch {
			case !k.Time().IsZero() && r.Time <= k.Time().Add(-tickedKeep).UnixMilli():
				if k.Delete(key) {
					*deletes++
				}
			case m.rnd.IntN(3) == 0:
				r.Sum += 1000
				k.Set(key, r)
				k.Emit("mid", key, &note{ID: "tick", Key: key, Delta: r.Sum})
				*sets++
			}
		})
	}}}
	return m, sets, deletes
}

// drip has the inputs come bit by bit.
func (m *model) drip() {
	for p := range m.log("in") {
		m.later = append(m.later, m.log("in")[p].recs...)
		m.log("in")[p].recs = nil
	}
}

// twoWays reports whether an input has led to different outputs, before and after a crash, or to none.
func (m *model) twoWays(t *testing.T) bool {
	t.Helper()
	said := map[schemas.Origin]note{}
	for _, log := range m.log("mid") {
		for _, r := range log.recs {
			v, err := jsonCodec[note]{}.Decode(r.Value)
			require.NoError(t, err)
			n := *v.(*note)
			if n.Origin.Emitter == "" {
				require.Equal(t, "tick", n.ID)
				continue
			}
			if was, ok := said[n.Origin]; ok && was != n {
				return true
			}
			said[n.Origin] = n
		}
	}
	return len(said) != len(m.log("in")[0].recs)+len(m.log("in")[1].recs)
}

// Whatever ticks do to rows, and wherever crashes fall, an input leads to the same outputs each time.
func TestModel_ticks_and_crashes(t *testing.T) {
	run := func(c Controls) (wrong, sets, deletes int) {
		for seed := range uint64(400) {
			m, set, deleted := tickedModel(seed, c)
			m.load()
			m.drip()
			m.run(40)
			if m.twoWays(t) {
				wrong++
			}
			sets, deletes = sets+*set, deletes+*deleted
		}
		return wrong, sets, deletes
	}
	wrong, sets, deletes := run(Controls{})
	require.Zero(t, wrong)
	require.Positive(t, sets)
	require.Positive(t, deletes)
	t.Logf("400 seeds x 40 crashes, %d rows set and %d deleted by ticks: the same outputs each time", sets, deletes)
	wrong, _, _ = run(Controls{LooseTicks: true})
	require.Positive(t, wrong, "the control must go wrong")
	t.Logf("without the rules for ticks: wrong in %d of 400 runs", wrong)
}
