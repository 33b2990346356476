package streams

import (
	"context"
	"fmt"
	"strconv"
	"testing"

	"github.com/lovoo/goka"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// changelogGraph declares a group that reads the changelog of another one's table.
func changelogGraph(on goka.ProcessCallback) *goka.GroupGraph {
	return goka.DefineGroup(group, goka.Input("sum-table", schemas.Changelog(tallyCodec{}), on), goka.Output(outTopic, jsonCodec[note]{}))
}

// A group may read the changelog of a table: tombstones come as nil, offsets that the log has not are no inputs, and the
// accounting is of what there is. It goes on behind such a gap.
func TestGroup_without_a_table_reads_a_changelog(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	writer, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Brokers...), kgo.TransactionalID("gaps")) // its markers take offsets, as compacted records do
	require.NoError(t, err)
	t.Cleanup(writer.Close)
	transaction := func(w *written) {
		t.Helper()
		require.NoError(t, writer.BeginTransaction())
		client := b.client
		b.client = writer
		require.NoError(t, b.put(w))
		b.client = client
		require.NoError(t, writer.EndTransaction(context.Background(), kgo.TryCommit))
	}
	verb := func(ctx goka.Context, msg any) schemas.Outcome {
		if msg == nil {
			return schemas.Skipped
		}
		ctx.Emit(outTopic, ctx.Key(), &note{ID: strconv.FormatInt(ctx.Offset(), 10), Delta: int(msg.(*tally).At.Offset)})
		return schemas.Applied
	}
	reaches := func(next int64, want schemas.Accounting) {
		t.Helper()
		s, err := New(b.cfg, changelogGraph, verb, Options{})
		require.NoError(t, err)
		stop := b.start(s.Run)
		b.eventually("committed", func() bool {
			cps, err := fetchCheckpoints(context.Background(), b.client, group, "sum-table")
			return err == nil && cps[0].next == next && cps[0].meta.Accounting == want
		})
		require.NoError(t, stop())
	}
	rows := []*written{
		{key: "k", pos: schemas.Position{Offset: 7}}, {key: "k", pos: schemas.NoPosition}, {key: "l", pos: schemas.Position{Offset: 8}},
	}
	transaction(rows[0])
	transaction(rows[1])
	require.NoError(t, b.put(rows[2]))
	require.Equal(t, []int64{0, 2, 4}, []int64{rows[0].offset, rows[1].offset, rows[2].offset})
	reaches(5, schemas.Accounting{In: 3, Applied: 2, Skipped: 1})

	transaction(rows[0])
	last := &written{key: "k", pos: schemas.Position{Offset: 9}}
	require.NoError(t, b.put(last))
	require.EqualValues(t, 7, last.offset)
	reaches(8, schemas.Accounting{In: 5, Applied: 4, Skipped: 1})
	var out []string
	for _, r := range b.read(outTopic) {
		v, err := jsonCodec[note]{}.Decode(r.Value)
		require.NoError(t, err)
		out = append(out, fmt.Sprintf("%s at %s is %d", r.Key, v.(*note).ID, v.(*note).Delta))
	}
	require.Equal(t, []string{"k at 0 is 7", "l at 4 is 8", "k at 5 is 7", "k at 7 is 9"}, out)
}
