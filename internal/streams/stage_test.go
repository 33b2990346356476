package streams

import (
	"testing"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

func TestNew_refuses_what_cannot_be_exact(t *testing.T) {
	cfg := DefaultConfig()
	verb := func(goka.Context, any) schemas.Outcome { return schemas.Applied }
	graph := func(edges ...func(goka.ProcessCallback) goka.Edge) func(goka.ProcessCallback) *goka.GroupGraph {
		return func(on goka.ProcessCallback) *goka.GroupGraph {
			var all []goka.Edge
			for _, e := range edges {
				all = append(all, e(on))
			}
			return goka.DefineGroup("g", all...)
		}
	}
	input := func(topic goka.Stream) func(goka.ProcessCallback) goka.Edge {
		return func(on goka.ProcessCallback) goka.Edge { return goka.Input(topic, jsonCodec[note]{}, on) }
	}
	table := func(c goka.Codec) func(goka.ProcessCallback) goka.Edge {
		return func(goka.ProcessCallback) goka.Edge { return goka.Persist(c) }
	}
	_, err := New(cfg, graph(input("a")), verb, Options{})
	require.ErrorContains(t, err, "Brokers must name at least one broker")
	cfg.Brokers = []string{"localhost:1"}
	_, err = New(cfg, graph(input("a"), input("b"), table(tallyCodec{})), verb, Options{})
	require.ErrorContains(t, err, "group g has 2 inputs")
	_, err = New(cfg, graph(input("a"), table(jsonCodec[tally]{})), verb, Options{})
	require.ErrorContains(t, err, "not a schemas.RowCodec")
	s, err := New(cfg, graph(input("a"), table(tallyCodec{})), verb, Options{})
	require.NoError(t, err)
	require.Equal(t, "g", s.Name())
	require.Equal(t, Starting, s.Status().State)
}

// What goka offers and the layer cannot make exact ends the stage at once, and nothing of the record is committed.
func TestVerb_cannot_use_what_is_not_exact(t *testing.T) {
	for name, use := range map[string]func(goka.Context){
		"Delete":              func(c goka.Context) { c.Delete() },
		"Loopback":            func(c goka.Context) { c.Loopback("k", nil) },
		"Join":                func(c goka.Context) { c.Join("t") },
		"Lookup":              func(c goka.Context) { c.Lookup("t", "k") },
		"DeferCommit":         func(c goka.Context) { c.DeferCommit()(nil) },
		"a foreign output":    func(c goka.Context) { c.Emit("elsewhere", "k", &note{}) },
		"a row of no kind":    func(c goka.Context) { c.SetValue("text") },
		"an output unlike it": func(c goka.Context) { c.Emit("mid", "k", make(chan int)) },
	} {
		var failed error
		m := newModel(1, Controls{}, false)
		m.stages[0].verb = func(ctx goka.Context, _ any) schemas.Outcome {
			use(ctx)
			return schemas.Applied
		}
		l := m.born(m.stages[0], 0)
		l.task.fail = func(err error) { failed = err }
		l.task.handle(t.Context(), []*kgo.Record{{Key: []byte("k"), Value: []byte("{}")}})
		l.task.tick(false)
		require.Error(t, failed, name)
		require.Zero(t, l.task.account.In, name)
		require.Zero(t, l.task.durable().next, name)
		require.Empty(t, l.flight, name)
	}
}

// A partition of which the brokers say nothing is not taken for an empty one.
func TestSpan_of_no_partition(t *testing.T) {
	held := map[int32]span{0: {1, 2}}
	s, err := spanAt(held, "in", 0)
	require.NoError(t, err)
	require.Equal(t, span{1, 2}, s)
	_, err = spanAt(held, "in", 1)
	require.ErrorContains(t, err, "in/1")
}

// Numbers of incarnations only grow. One below what was committed means that they were lost, and that rows would take
// new records for old.
func TestBegin_stops_where_the_number_of_the_topic_is_lost(t *testing.T) {
	at := checkpoint{next: 5, meta: schemas.CommitMeta{Epoch: 1}}
	_, err := begin(at, true, 0, span{0, 9})
	require.ErrorIs(t, err, ErrInputLost)
	from, err := begin(at, true, 2, span{0, 9})
	require.NoError(t, err)
	require.Zero(t, from.next)
	from, err = begin(at, true, 1, span{0, 9})
	require.NoError(t, err)
	require.EqualValues(t, 5, from.next)
}
