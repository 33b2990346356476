package clickhouse

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

// Whatever the records and limits: batches tile the log, keep the limits, lose and repeat nothing, give each block a
// token of its own, and come out the same when they are built again from what was committed before them.
func TestBatchesTileTheLog(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limits := Limits{
			Records: rapid.IntRange(1, 9).Draw(t, "records"),
			Bytes:   rapid.IntRange(1, 60).Draw(t, "bytes"),
			Parts:   rapid.IntRange(1, 3).Draw(t, "parts"),
		}
		log := rapid.SliceOf(rapid.Custom(drawInput)).Draw(t, "log")
		for i := range log {
			log[i].row.Offset = int64(i)
		}

		var rows []int64
		tokens := map[string]bool{}
		at := checkpoint{}
		for at.next < int64(len(log)) {
			b := newBatch(PostEvents, at)
			var sizes []int
			for _, in := range log[at.next:] {
				if b.full(limits) || !b.fits(in, limits) {
					break
				}
				b.add(in)
				sizes = append(sizes, in.size)
			}
			require.NotEmpty(t, sizes, "each batch takes a record at least")
			require.LessOrEqual(t, len(sizes), limits.Records)
			require.LessOrEqual(t, len(b.parts), limits.Parts)
			require.Less(t, b.size-sizes[len(sizes)-1], limits.Bytes, "bytes before the last record")

			a := b.announcement(1)
			require.Equal(t, at.next, a.First)
			require.Equal(t, at.next+int64(len(sizes))-1, a.Last)

			var inBlocks []int64
			for _, block := range b.blocks("topic", 1, a) {
				require.NotEmpty(t, block.Rows)
				require.False(t, tokens[block.Token()], block.Token())
				tokens[block.Token()] = true
				for _, r := range block.Rows {
					require.Equal(t, block.Part, time.UnixMilli(eventOf(r.Record).EventTime).UTC().Format("200601"))
				}
				require.True(t, slices.IsSorted(offsetsOf(block.Rows)))
				inBlocks = append(inBlocks, offsetsOf(block.Rows)...)
			}
			slices.Sort(inBlocks)
			require.Equal(t, offsetsOf(b.rows), inBlocks)
			rows = append(rows, inBlocks...)

			stored, err := schemas.DecodeCommitMeta(b.announced(a).meta.Encode())
			require.NoError(t, err)
			again := newBatch(PostEvents, checkpoint{at.next, stored})
			for _, in := range log[stored.Announced.First : stored.Announced.Last+1] {
				again.add(in)
			}
			require.NoError(t, again.agree(stored.Announced))
			require.Equal(t, b.blocks("topic", 1, a), again.blocks("topic", 1, stored.Announced))
			require.Equal(t, b.after(), again.after())
			at = b.after()
		}
		require.Equal(t, firsts(log), rows)
		require.True(t, at.meta.Accounting.Balanced())
		require.Equal(t, int64(len(log)), at.meta.Accounting.In)
		require.Equal(t, int64(len(rows)), at.meta.Accounting.Applied)
	})
}

func drawInput(t *rapid.T) input {
	in := input{size: rapid.IntRange(0, 20).Draw(t, "size")}
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	if kind < 2 {
		in.dead = &schemas.DeadLetter{}
	}
	if kind > 0 {
		months := rapid.IntRange(0, 4).Draw(t, "months ago")
		origin := from(int32(rapid.IntRange(0, 1).Draw(t, "source")), int64(rapid.IntRange(0, 30).Draw(t, "origin")))
		origin.N = int32(rapid.IntRange(0, 1).Draw(t, "n"))
		in.row = rowOf(0, activity("e", december-int64(months)*31*24*time.Hour.Milliseconds(), origin))
	}
	return in
}

// firsts returns the offsets of the rows whose origin lies behind all earlier ones of its source, by looking at each
// pair of records.
func firsts(log []input) []int64 {
	var offsets []int64
	for i, in := range log {
		if in.row.Record == nil || in.dead != nil {
			continue
		}
		behindAll := true
		for _, earlier := range log[:i] {
			if earlier.row.Record == nil {
				continue
			}
			if e, o := eventOf(earlier.row.Record).Origin, eventOf(in.row.Record).Origin; e.Partition == o.Partition {
				behindAll = behindAll && (o.Offset > e.Offset || o.Offset == e.Offset && o.N > e.N)
			}
		}
		if behindAll {
			offsets = append(offsets, in.row.Offset)
		}
	}
	return offsets
}
