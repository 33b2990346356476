// Package processorstest runs a verb on goka's own tester: one group, in memory, record by record.
package processorstest

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/tester"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Verb is what a group does with one record.
type Verb func(ctx goka.Context, msg any) schemas.Outcome

// Bench is one group under test.
type Bench struct {
	tb      testing.TB
	tester  *tester.Tester
	group   topology.Group
	became  []schemas.Outcome // of the records since the last In
	outputs map[topology.Stream]*tester.QueueTracker
	keys    map[string]string // under which the tester has a row, by the row's name
	failed  error             // of the records since the last In
}

// Codecs returns codecs that need no registry.
func Codecs(tb testing.TB) *schemas.Codecs {
	tb.Helper()
	c, err := schemas.NewCodecs(tb.Context(), &schemas.Offline{})
	require.NoError(tb, err)
	return c
}

// New runs verb in group until the test ends.
func New(tb testing.TB, group topology.Group, verb Verb) *Bench {
	tb.Helper()
	b := &Bench{tb: tb, tester: tester.New(tb), group: group, outputs: map[topology.Stream]*tester.QueueTracker{}, keys: map[string]string{}}
	for _, out := range group.Outputs {
		b.outputs[out.Topic] = b.tester.NewQueueTracker(string(out.Topic))
	}
	p, err := goka.NewProcessor(nil, group.Graph(b.on(verb)), goka.WithTester(b.tester), goka.WithLogger(silent{}), goka.WithNilHandling(goka.NilDecode))
	require.NoError(tb, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	tb.Cleanup(func() {
		_ = p.WaitForReady() // goka fails if it is told to end before it has begun
		cancel()
		require.NoError(tb, <-done)
	})
	return b
}

// on is goka's callback.
func (b *Bench) on(verb Verb) goka.ProcessCallback {
	return func(ctx goka.Context, msg any) {
		name := ctx.Key()
		if b.group.RowKey != nil {
			name = b.group.RowKey(name)
		}
		b.keys[name] = ctx.Key()
		b.became = append(b.became, verb(layer{ctx, b}, msg))
	}
}

type gokaContext = goka.Context // an embedded field named Context would hide the method of that name

// layer does what package streams makes of goka's context: a verb may look at another row of its table, and fails
// without ending the test.
type layer struct {
	gokaContext
	bench *Bench
}

// Lookup returns the row of that name.
func (l layer) Lookup(table goka.Table, name string) any { //nolint:forbidigo // as goka has it
	key, known := l.bench.keys[name]
	if !known {
		return nil
	}
	return l.bench.tester.TableValue(table, key)
}

// Fail notes the error.
func (l layer) Fail(err error) { l.bench.failed = err }

// Failed returns the error with which the verb has ended the stage since the last In, nil for none.
func (b *Bench) Failed() error { return b.failed }

// In gives the group one record, appended to the log at root, and returns what became of it. A record that the group
// sends to its own input comes back at once, appended at no time at all.
func (b *Bench) In(key string, root time.Time, msg any) schemas.Outcome {
	b.tb.Helper()
	return b.InWith(key, root, msg, nil)
}

// InWith is In for a record with headers.
func (b *Bench) InWith(key string, root time.Time, msg any, headers map[string][]byte) schemas.Outcome {
	b.tb.Helper()
	b.became, b.failed = nil, nil
	b.tester.Consume(string(b.group.Input), key, msg, tester.WithTime(root), tester.WithHeaders(headers))
	require.NotEmpty(b.tb, b.became)
	return b.became[0]
}

// Out returns what was sent to topic since the last call, with its keys.
func (b *Bench) Out(topic topology.Stream) (keys []string, msgs []any) {
	b.tb.Helper()
	for {
		key, msg, ok := b.outputs[topic].Next()
		if !ok {
			return keys, msgs
		}
		keys, msgs = append(keys, key), append(msgs, msg)
	}
}

// Keys returns the keys of all records so far that may have a row, one for each.
func (b *Bench) Keys() []string { return slices.Collect(maps.Values(b.keys)) }

// Row returns the row of key, nil for none.
func (b *Bench) Row(key string) any {
	b.tb.Helper()
	return b.tester.TableValue(goka.GroupTable(b.group.Name), key)
}

// SetRow puts a row in the table, as a tick does.
func (b *Bench) SetRow(key string, row schemas.Row) {
	b.tb.Helper()
	b.tester.SetTableValue(goka.GroupTable(b.group.Name), key, row)
}

// silent drops goka's messages.
type silent struct{}

func (silent) Print(...any)          {}
func (silent) Println(...any)        {}
func (silent) Printf(string, ...any) {}
