package schemas_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

// reuses checks that one row, decoded into again and again, is each time what a fresh one would be.
func reuses[R schemas.Row](codec schemas.RowCodec, rows *rapid.Generator[R], older func(R) ([]byte, error)) func(*rapid.T) {
	return func(t *rapid.T) {
		reused := codec.New()
		for i, row := range rapid.SliceOfN(rows, 1, 6).Draw(t, "rows") {
			data := encode(t, codec, row)
			if older != nil && rapid.Bool().Draw(t, "older") {
				var err error
				data, err = older(row)
				require.NoError(t, err)
			}
			if rapid.Bool().Draw(t, "broken before") {
				require.Error(t, codec.(schemas.ReusingRowCodec).DecodeInto(reused, data[:rapid.IntRange(0, len(data)-1).Draw(t, "cut")]))
			}
			require.NoError(t, codec.(schemas.ReusingRowCodec).DecodeInto(reused, data))
			require.Equal(t, decode(t, codec, data), any(reused), "row %d", i)
		}
	}
}

func TestDecodeInto_leaves_nothing_of_the_row_before(t *testing.T) {
	c, _ := newCodecs(t)
	t.Run("dedup", rapid.MakeCheck(reuses(c.DedupRows, dedupRows, nil)))
	t.Run("reaction", rapid.MakeCheck(reuses(c.ReactionRows, reactionRows, nil)))
	t.Run("score", rapid.MakeCheck(reuses(c.ScoreRows, scoreRows, schemas.ScoreRowV1)))
}

func TestDecodeInto_uses_the_buckets_again(t *testing.T) {
	c, _ := newCodecs(t)
	codec := c.ScoreRows.(schemas.ReusingRowCodec)
	long, short := encode(t, codec, busyRow(20)), encode(t, codec, busyRow(5))
	row := codec.New().(*schemas.ScoreRow)
	require.NoError(t, codec.DecodeInto(row, long))
	first := &row.Buckets[0]
	require.NoError(t, codec.DecodeInto(row, short))
	require.Equal(t, busyRow(5), row)
	require.NoError(t, codec.DecodeInto(row, long))
	require.Equal(t, busyRow(20), row)
	require.Same(t, first, &row.Buckets[0])
	require.Zero(t, testing.AllocsPerRun(10, func() { _ = codec.DecodeInto(row, long) }))
}

func TestDecodeInto_refuses_rows_of_another_table(t *testing.T) {
	c, _ := newCodecs(t)
	codec := c.ScoreRows.(schemas.ReusingRowCodec)
	require.EqualError(t, codec.DecodeInto(c.DedupRows.New(), nil), "decoding score row: into *schemas.DedupRow, not *schemas.ScoreRow")
}
