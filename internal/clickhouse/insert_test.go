package clickhouse

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

func TestInsertKeepsEveryField(t *testing.T) {
	c, db := openTables(t)
	require.NoError(t, c.Ping(t.Context()))
	b := newBatch(PostEvents, checkpoint{next: 41})
	full := &schemas.EnrichedEvent{
		Event: schemas.Event{
			EventID: "e\x00'\n", EventTime: december + 123, UserID: "ü", PostID: "p", AuthorID: "a", Action: engagement.Comment,
			DwellMS: -5, Device: "phone", AppVer: "1.2", CommentID: "c",
		},
		RootTime: december + 456, RootPartition: 3, RootOffset: 1 << 40,
		SessionID: "s1", DeviceCount: 2, PreviousDevice: "tv", ConnectsSessionID: "s2", Origin: from(0, 1),
	}
	b.add(input{row: rowOf(41, full)})
	b.add(input{row: rowOf(42, &schemas.EnrichedEvent{Event: schemas.Event{EventTime: 0, Action: engagement.Impression}, RootTime: endOfTime - 1})})
	a := b.announcement(1)
	a.Blocks[0].Attempt, a.Blocks[1].Attempt = 3, 3
	for _, block := range b.blocks("topic", 7, a) {
		require.NoError(t, c.Insert(t.Context(), block))
	}

	got := readColumn[string](t, db, `SELECT toJSONString(tuple(*)) FROM nova.post_events ORDER BY kafka_offset`)
	require.Len(t, got, 2)
	require.JSONEq(t, `["e\u0000'\n","2024-12-01 00:00:00.123","post_comment","ü","p","a",-5,"phone","1.2","c","s1",2,"tv","s2",
		"2024-12-01 00:00:00.456",3,1099511627776,"topic",7,41,41,42,3,0,1]`, got[0])
	require.JSONEq(t, `["","1970-01-01 00:00:00.000","post_impression","","","",0,"","","","",0,"","",
		"2106-02-07 06:28:15.999",0,0,"topic",7,42,41,42,3,1,1]`, got[1])
}

// A range announced with an earlier list of columns is written with that: the others take their defaults.
func TestInsertWithEarlierColumns(t *testing.T) {
	c, db := openTables(t)
	b := newBatch(PostEvents, checkpoint{next: 41})
	e := activity("e", december, from(0, 1))
	e.SessionID, e.DeviceCount, e.RootPartition = "s", 1, 2
	b.add(input{row: rowOf(41, e)})
	a := b.announcement(1)
	a.Columns = 1
	require.NoError(t, c.Insert(t.Context(), b.blocks("topic", 7, a)[0]))
	got := readColumn[string](t, db, `SELECT toJSONString(tuple(event_id, session_id, device_count, previous_device, connects_session_id, root_partition, root_offset)) FROM nova.post_events`)
	require.Equal(t, []string{`["e","",0,"","",-1,-1]`}, got)
}

func TestInsertAgainIsNoInsert(t *testing.T) {
	c, db := openTables(t)
	b := newBatch(PostEvents, checkpoint{next: 10})
	for i := range int64(2000) {
		at := november
		if i%2 == 1 {
			at = december
		}
		a := activity(strconv.FormatInt(i, 10), at, from(0, i))
		a.PostID = fmt.Sprint("p", i%7)
		b.add(input{row: rowOf(10+i, a)})
	}
	blocks := b.blocks("topic", 0, b.announcement(1))
	require.Len(t, blocks, 2)
	for _, block := range append(blocks, blocks...) {
		require.NoError(t, c.Insert(t.Context(), block))
	}
	require.Equal(t, []uint64{2000}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"))
	require.Equal(t, []uint64{2000}, readColumn[uint64](t, db, "SELECT sum(rows) FROM nova.by_post"))
	require.Equal(t, []uint64{1000, 1000}, readColumn[uint64](t, db, "SELECT sum(rows) FROM nova.by_post GROUP BY month ORDER BY month"))

	// The same rows in another range are other rows.
	again := *blocks[0]
	again.First, again.Last = 5000, 5999
	require.NoError(t, c.Insert(t.Context(), &again))
	require.Equal(t, []uint64{3000}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"))
	require.Equal(t, []uint64{3000}, readColumn[uint64](t, db, "SELECT sum(rows) FROM nova.by_post"))
}

// A view that fails after the table has the rows must not stay short: the same block again mends it.
func TestInsertAgainMendsAView(t *testing.T) {
	c, db := openTables(t)
	_, err := db.ExecContext(t.Context(), `CREATE TABLE nova.switch (broken UInt8) ENGINE = MergeTree ORDER BY broken`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `INSERT INTO nova.switch VALUES (1)`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `CREATE MATERIALIZED VIEW nova.z_fails TO nova.by_post AS
		SELECT toYYYYMM(event_time) AS month, post_id, throwIf((SELECT max(broken) FROM nova.switch) = 1) + 1 AS rows FROM nova.post_events`)
	require.NoError(t, err)

	b := newBatch(PostEvents, checkpoint{next: 0})
	for i := range int64(100) {
		b.add(input{row: rowOf(i, activity(strconv.FormatInt(i, 10), november, from(0, i)))})
	}
	block := b.blocks("topic", 0, b.announcement(1))[0]
	require.ErrorContains(t, c.Insert(t.Context(), block), block.Token())

	_, err = db.ExecContext(t.Context(), `INSERT INTO nova.switch VALUES (0)`)
	require.NoError(t, err)
	_, err = db.ExecContext(t.Context(), `ALTER TABLE nova.switch DELETE WHERE broken = 1 SETTINGS mutations_sync = 2`)
	require.NoError(t, err)
	require.NoError(t, c.Insert(t.Context(), block))
	require.NoError(t, c.Insert(t.Context(), block))
	require.Equal(t, []uint64{100}, readColumn[uint64](t, db, "SELECT count() FROM nova.post_events"))
	require.Equal(t, []uint64{200}, readColumn[uint64](t, db, "SELECT sum(rows) FROM nova.by_post"), "100 by each view")
}

func TestHolds(t *testing.T) {
	c, _ := openTables(t)
	b := newBatch(PostEvents, checkpoint{next: 0})
	b.add(input{row: rowOf(0, activity("e", november, from(0, 0)))})
	require.NoError(t, c.Insert(t.Context(), b.blocks("topic", 3, b.announcement(1))[0]))
	for _, q := range []struct {
		topic     string
		partition int32
		want      bool
	}{{"topic", 3, true}, {"topic", 4, false}, {"another", 3, false}} {
		got, err := c.Holds(t.Context(), PostEvents, q.topic, q.partition)
		require.NoError(t, err)
		require.Equal(t, q.want, got, q)
	}
}
