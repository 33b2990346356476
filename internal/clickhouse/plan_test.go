package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

func TestPlanSplitsByMonth(t *testing.T) {
	b := newBatch(checkpoint{next: 7})
	for i, at := range []int64{december, november, december} {
		b.add(input{offset: 7 + int64(i), row: activity("e", at, from(0, int64(i)))})
	}
	a := b.announcement()
	require.Equal(t, &schemas.Announcement{First: 7, Last: 9, Parts: []string{"202412", "202411"}, Columns: currentColumns}, a)

	a.Attempt = 2
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
	b := newBatch(checkpoint{next: 7})
	b.add(input{offset: 7, row: activity("e", november, from(0, 1))})
	require.NoError(t, b.agree(b.announcement()))
	for name, spoil := range map[string]func(*schemas.Announcement){
		"first":         func(a *schemas.Announcement) { a.First-- },
		"last":          func(a *schemas.Announcement) { a.Last++ },
		"parts":         func(a *schemas.Announcement) { a.Parts = []string{"202412"} },
		"newer columns": func(a *schemas.Announcement) { a.Columns = currentColumns + 1 },
	} {
		a := b.announcement()
		spoil(a)
		err := b.agree(a)
		require.ErrorIs(t, err, ErrRangeChanged, name)
		require.True(t, final(err), name)
	}
}

func TestColumnListsMakeOneValuePerRow(t *testing.T) {
	b := newBatch(checkpoint{next: 7})
	for i := range int64(3) {
		b.add(input{offset: 7 + i, row: activity("e", november, from(0, i))})
	}
	block := b.blocks("topic", 5, b.announcement())[0]
	got := map[string]any{}
	for _, c := range columnLists[currentColumns] {
		got[c.name] = c.values(block)
	}
	require.Len(t, got, 23)
	require.Equal(t, []string{"post_view", "post_view", "post_view"}, got["event_type"])
	require.Equal(t, []int64{7, 8, 9}, got["kafka_offset"])
	require.Equal(t, []int64{7, 7, 7}, got["batch_first"])
	require.Equal(t, []int64{9, 9, 9}, got["batch_last"])
	require.Equal(t, []int32{5, 5, 5}, got["kafka_partition"])
	require.Equal(t, []int64{november, november, november}, got["event_time"])
}
