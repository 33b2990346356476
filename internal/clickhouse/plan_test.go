package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

func TestPlanSplitsByMonth(t *testing.T) {
	b := newBatch(PostEvents, checkpoint{next: 7})
	for i, at := range []int64{december, november, december} {
		b.add(input{row: rowOf(7+int64(i), activity("e", at, from(0, int64(i))))})
	}
	a := b.announcement(1)
	require.Equal(t, &schemas.Announcement{
		First: 7, Last: 9, Columns: 2, Server: 1,
		Blocks: []schemas.AnnouncedBlock{{Part: "202412", First: 7, Last: 9}, {Part: "202411", First: 7, Last: 9}},
	}, a)

	a.Blocks[0].Attempt, a.Blocks[1].Attempt = 2, 2
	blocks := b.blocks("topic", 5, a)
	require.Len(t, blocks, 2)
	require.Equal(t, []int64{7, 9}, offsetsOf(blocks[0].Rows))
	require.Equal(t, []int64{8}, offsetsOf(blocks[1].Rows))
	require.Equal(t, "topic/5/7-9/202412/2", blocks[0].Token())
	require.Equal(t, "topic/5/7-9/202411/2", blocks[1].Token())

	at := b.announced(a)
	require.Equal(t, int64(7), at.next, "an announcement moves nothing")
	require.Equal(t, a, at.meta.Announced)
	require.Nil(t, b.after().meta.Announced)
}

func TestPlanRefusesAnotherRange(t *testing.T) {
	b := newBatch(PostEvents, checkpoint{next: 7})
	b.add(input{row: rowOf(7, activity("e", november, from(0, 1)))})
	require.NoError(t, b.agree(b.announcement(1)))
	for name, spoil := range map[string]func(*schemas.Announcement){
		"first":         func(a *schemas.Announcement) { a.First-- },
		"last":          func(a *schemas.Announcement) { a.Last++ },
		"parts":         func(a *schemas.Announcement) { a.Blocks[0].Part = "202412" },
		"refused":       func(a *schemas.Announcement) { a.Refused = []int64{8} },
		"block":         func(a *schemas.Announcement) { a.Blocks[0].First = 8 },
		"newer columns": func(a *schemas.Announcement) { a.Columns = PostEvents.current + 1 },
	} {
		a := b.announcement(1)
		spoil(a)
		err := b.agree(a)
		require.ErrorIs(t, err, ErrRangeChanged, name)
		require.True(t, final(err), name)
	}
}

func TestColumnListsMakeOneValuePerRow(t *testing.T) {
	b := newBatch(PostEvents, checkpoint{7, schemas.CommitMeta{Accounting: schemas.Accounting{In: 7, Applied: 5, Dead: 2}}})
	for i := range int64(3) {
		b.add(input{row: rowOf(7+i, activity("e", november, from(0, i)))})
	}
	block := b.blocks("topic", 5, b.announcement(1))[0]
	got := map[string]any{}
	for _, c := range PostEvents.columns[PostEvents.current] {
		got[c.name] = c.values(block)
	}
	require.Len(t, got, 25)
	require.Equal(t, []string{"post_view", "post_view", "post_view"}, got["event_type"])
	require.Equal(t, []int64{7, 8, 9}, got["kafka_offset"])
	require.Equal(t, []int64{7, 7, 7}, got["batch_first"])
	require.Equal(t, []int64{9, 9, 9}, got["batch_last"])
	require.Equal(t, []int32{5, 5, 5}, got["kafka_partition"])
	require.Equal(t, []uint64{5, 5, 5}, got["batch_before"])
	require.Equal(t, []uint32{3, 3, 3}, got["batch_rows"])
	require.Equal(t, []int64{november, november, november}, got["event_time"])
}
