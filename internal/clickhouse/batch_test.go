package clickhouse

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

var (
	november = time.Date(2024, 11, 30, 23, 59, 59, 0, time.UTC).UnixMilli()
	december = time.Date(2024, 12, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
)

func activity(id string, at int64, origin schemas.Origin) *schemas.EnrichedEvent {
	return &schemas.EnrichedEvent{
		Event:    schemas.Event{EventID: id, EventTime: at, UserID: "u", PostID: "p", Action: engagement.View},
		RootTime: at, Origin: origin,
	}
}

// rowOf is the row of an event that lay at an offset.
func rowOf(offset int64, e *schemas.EnrichedEvent) Row { return Row{Offset: offset, Record: e} }

func from(partition int32, offset int64) schemas.Origin {
	return schemas.Origin{Emitter: "sessions", Partition: partition, Offset: offset}
}

func TestBatchCountsEachRecordOnce(t *testing.T) {
	source := from(3, 0).Source()
	start := checkpoint{100, schemas.CommitMeta{
		Vector:     map[schemas.Source]schemas.Mark{source: {Offset: 40}},
		Accounting: schemas.Accounting{In: 9, Applied: 7, Replay: 2},
	}}
	b := newBatch(PostEvents, start)
	letter := &schemas.DeadLetter{Offset: 104}
	for _, in := range []input{
		{row: rowOf(100, activity("seen before", november, from(3, 40))), size: 10},
		{row: rowOf(101, activity("a", november, from(3, 41))), size: 10},
		{row: rowOf(102, activity("a again", november, from(3, 41))), size: 10},
		{row: rowOf(103, activity("other source", december, from(4, 1))), size: 10},
		{row: Row{Offset: 104}, size: 10, dead: letter},
		{row: rowOf(105, activity("refused", december, from(3, 42))), size: 10, dead: letter},
		{row: rowOf(106, activity("refused, again", december, from(3, 42))), size: 10, dead: letter},
		{row: rowOf(107, activity("by hand", november, schemas.Origin{})), size: 10},
		{row: rowOf(109, activity("by hand", november, schemas.Origin{})), size: 10},
	} {
		b.add(in)
	}

	require.Equal(t, []int64{101, 103, 107, 109}, offsetsOf(b.rows))
	require.Equal(t, []string{"202411", "202412"}, b.parts)
	require.Equal(t, []*schemas.DeadLetter{letter, letter}, b.dead)
	require.Equal(t, checkpoint{110, schemas.CommitMeta{
		Vector: map[schemas.Source]schemas.Mark{
			source:              {Offset: 42},
			from(4, 0).Source(): {Offset: 1},
		},
		Accounting: schemas.Accounting{In: 18, Applied: 11, Replay: 5, Dead: 2},
	}}, b.after())
	require.Equal(t, map[schemas.Source]schemas.Mark{source: {Offset: 40}}, start.meta.Vector, "the checkpoint it began at is kept")
}

func offsetsOf(rows []Row) []int64 {
	var o []int64
	for _, r := range rows {
		o = append(o, r.Offset)
	}
	return o
}

func TestBatchLimits(t *testing.T) {
	limits := Limits{Records: 3, Bytes: 100, Parts: 1}
	nov := func(o int64, size int) input {
		return input{row: rowOf(o, activity("e", november, from(0, o))), size: size}
	}
	dec := input{row: rowOf(9, activity("e", december, from(0, 9)))}
	decAgain := input{row: rowOf(9, activity("e", december, from(0, 1)))}
	dead := input{row: Row{Offset: 9}, dead: &schemas.DeadLetter{}}

	b := newBatch(PostEvents, checkpoint{})
	require.True(t, b.fits(dec, limits), "the first part always fits")
	b.add(nov(0, 40))
	b.add(nov(1, 40))
	require.False(t, b.full(limits))
	require.False(t, b.fits(dec, limits), "a second month")
	require.True(t, b.fits(decAgain, limits), "a replay takes no room")
	require.True(t, b.fits(dead, limits), "nor does a dead letter")
	require.True(t, b.fits(nov(2, 1), limits))

	bytes := newBatch(PostEvents, b.after())
	bytes.add(nov(2, 99))
	require.False(t, bytes.full(limits))
	bytes.add(nov(3, 1))
	require.True(t, bytes.full(limits), "100 bytes")

	b.add(nov(2, 1))
	require.True(t, b.full(limits), "3 records")
}

func TestRefusal(t *testing.T) {
	good := activity("e", november, from(0, 0))
	require.Nil(t, refusal(good))
	for name, spoil := range map[string]func(*schemas.EnrichedEvent){
		"action: no event type for none":                             func(a *schemas.EnrichedEvent) { a.Action = engagement.None },
		"event_time: -1 ms is not from 1970 to 2106":                 func(a *schemas.EnrichedEvent) { a.EventTime = -1 },
		"event_time: 4294967296000 ms is not from 1970 to 2106":      func(a *schemas.EnrichedEvent) { a.EventTime = 4294967296000 },
		"root_time: 9223372036854775807 ms is not from 1970 to 2106": func(a *schemas.EnrichedEvent) { a.RootTime = 1<<63 - 1 },
		"device_count: -1 is not from 0 to 65535":                    func(a *schemas.EnrichedEvent) { a.DeviceCount = -1 },
		"device_count: 65536 is not from 0 to 65535":                 func(a *schemas.EnrichedEvent) { a.DeviceCount = 65536 },
	} {
		bad := *good
		spoil(&bad)
		require.Equal(t, &schemas.Unreadable{Reason: schemas.ReasonInvalidField, Detail: name}, refusal(&bad))
	}
	edge := *good
	edge.EventTime, edge.RootTime, edge.DeviceCount = 0, 4294967295999, 65535
	require.Nil(t, refusal(&edge))
}
