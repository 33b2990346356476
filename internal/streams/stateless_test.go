package streams

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// passGraph declares a group that keeps no table.
func passGraph(on goka.ProcessCallback) *goka.GroupGraph {
	return goka.DefineGroup(group, goka.Input(inTopic, jsonCodec[note]{}, on), goka.Output(outTopic, jsonCodec[note]{}))
}

func pass(ctx goka.Context, msg any) schemas.Outcome {
	ctx.Emit(outTopic, msg.(*note).Key, &note{ID: msg.(*note).ID, Key: msg.(*note).Key, Delta: 1})
	return schemas.Applied
}

// A group without a table repeats its outputs with the same origins when its commits are lost, and the stage behind it
// counts each once.
func TestGroup_without_a_table_is_exact(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4)
	b.start(b.ours(sumGraph, addUp))
	b.produce()
	b.cfg.CommitInterval = time.Hour // committed at the end only
	s, err := New(b.cfg, passGraph, pass, Options{})
	require.NoError(t, err)
	b.start(s.Run)
	b.eventually("passed on", func() bool { return len(b.read(outTopic)) == records })
	require.Zero(t, b.committed(group))
	s.fail(errLeaseOver)
	s.session.Load().lease.end() // what it would commit at its end is not
	b.eventually("passed on again", func() bool { return len(b.read(outTopic)) == 2*records })
	b.eventually("counted", func() bool { return b.committed("sum") == 2*records })
	require.Equal(t, wantSums(), b.sums("sum-table"))
	cps, err := fetchCheckpoints(t.Context(), b.client, "sum", outTopic)
	require.NoError(t, err)
	var all schemas.Accounting
	for _, at := range cps {
		all.Applied += at.meta.Accounting.Applied
		all.Replay += at.meta.Accounting.Replay
	}
	require.Equal(t, schemas.Accounting{Applied: records, Replay: records}, all)
	require.Equal(t, 1, s.Status().Rebuilds)
}

// A record without a key may lie in any partition of the input, and is handled there.
func TestGroup_without_a_table_takes_records_without_a_key(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	var keys []string
	s, err := New(b.cfg, passGraph, func(ctx goka.Context, _ any) schemas.Outcome {
		keys = append(keys, ctx.Key())
		return schemas.Skipped
	}, Options{})
	require.NoError(t, err)
	require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: inTopic, Value: []byte("{}")}).FirstErr())
	stop := b.start(s.Run)
	b.eventually("committed", func() bool { return b.committed(group) == 1 })
	require.NoError(t, stop())
	require.Equal(t, []string{""}, keys)
}

// What nobody but people can mend stops the stage, and nothing of the input is committed.
func TestHalt_stops_the_stage(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.cfg.BackoffMin, b.cfg.BackoffMax = time.Millisecond, time.Millisecond
	tries := 0
	s, err := New(b.cfg, passGraph, func(ctx goka.Context, msg any) schemas.Outcome {
		if msg.(*note).ID == "3" {
			tries++
			ctx.Fail(fmt.Errorf("looking at 3: %w", schemas.ErrHalt))
		}
		return pass(ctx, msg)
	}, Options{})
	require.NoError(t, err)
	b.produce()
	stop := b.start(s.Run)
	b.eventually("stopped", func() bool { return s.Status().State == Failed })
	time.Sleep(300 * time.Millisecond)
	require.Equal(t, 1, tries)
	require.ErrorContains(t, s.Status().LastError, "looking at 3")
	require.LessOrEqual(t, b.committed(group), int64(3))
	require.NoError(t, stop())
}

// While an input waits for what it needs, its stage says how it stands and can be stopped at once, and nothing of the input
// is committed; a stage that is started after it goes on with that input.
func TestPrepare_may_wait(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	waits := make(chan struct{}, 1)
	s, err := New(b.cfg, passGraph, pass, Options{Prepare: func(ctx context.Context, key, _ []byte) {
		if string(key) == "late" {
			waits <- struct{}{}
			<-ctx.Done()
		}
	}})
	require.NoError(t, err)
	b.produce()
	stop := b.start(s.Run)
	b.eventually("committed", func() bool { return b.committed(group) == records })
	late := &kgo.Record{Topic: inTopic, Key: []byte("late"), Value: []byte(`{"id": "late"}`)}
	require.NoError(t, b.client.ProduceSync(t.Context(), late).FirstErr())
	<-waits
	require.Equal(t, Running, s.Status().State)
	require.NoError(t, stop())
	require.EqualValues(t, records, b.committed(group))

	s, err = New(b.cfg, passGraph, pass, Options{})
	require.NoError(t, err)
	stop = b.start(s.Run)
	b.eventually("committed", func() bool { return b.committed(group) == records+1 })
	require.NoError(t, stop())
	require.Len(t, b.read(outTopic), records+1)
}

// A verb may look at another row of its table, as it is at that moment; it leaves no trace.
func TestLookup_is_of_the_own_table(t *testing.T) {
	m := newModel(1, Controls{}, false)
	var found []any
	m.stages[0].verb = func(ctx goka.Context, _ any) schemas.Outcome {
		found = append(found, ctx.Lookup(goka.GroupTable(ctx.Group()), "k0"))
		r := row(ctx)
		r.Sum += 10
		ctx.SetValue(r)
		return schemas.Applied
	}
	l := m.born(m.stages[0], 0)
	l.task.fail = func(err error) { require.NoError(t, err) }
	for offset, key := range []string{"k1", "k0", "k1", "k0"} {
		l.task.handle(context.Background(), []*kgo.Record{{Offset: int64(offset), Key: []byte(key), Value: []byte("{}")}})
	}
	require.Nil(t, found[0])
	require.Nil(t, found[1])
	require.Equal(t, schemas.Position{Offset: 3}, found[2].(*tally).At, "the row itself, not a copy")
	require.Same(t, found[2], found[3])
	require.Equal(t, 20, found[3].(*tally).Sum)
}
