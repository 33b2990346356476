package clickhouse

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
)

// mirrorTable writes rows of one mirror to a server by the writer of sinks, as batches of a partition.
type mirrorTable struct {
	t      *testing.T
	m      *Mapping
	codecs *schemas.Codecs
	client *Client
	writer *writer
	at     checkpoint
	dead   *fakeGraveyard
}

type anyLedger struct{}

func (anyLedger) commit(context.Context, checkpoint) error { return nil }

func startMirror(t *testing.T, table string) *mirrorTable {
	t.Helper()
	client, _ := openTables(t)
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	all := Mappings()
	m := all[slices.IndexFunc(all, func(m *Mapping) bool { return m.Table == table })]
	s := &mirrorTable{t: t, m: m, codecs: codecs, client: client, dead: &fakeGraveyard{}}
	s.writer = &writer{
		ledger: anyLedger{}, table: client, dead: s.dead, topicID: "topic", now: time.Now,
		insist: func(ctx context.Context, _ string, do func(context.Context) error) error { return do(ctx) },
	}
	return s
}

// write writes what follows as one batch; a value is a row, a change, or nothing.
func (s *mirrorTable) write(records ...mirrorRecord) {
	s.t.Helper()
	b := newBatch(s.m, s.at)
	for _, r := range records {
		var value []byte
		if r.record != nil {
			var err error
			value, err = s.m.Codec(s.codecs).Encode(r.record)
			require.NoError(s.t, err)
		}
		in, err := s.m.judge(s.m.Codec(s.codecs), &sarama.ConsumerMessage{Topic: string(s.m.Input), Key: []byte(r.key), Value: value, Offset: b.next})
		require.NoError(s.t, err)
		b.add(in)
	}
	at, err := s.writer.write(s.t.Context(), b, nil)
	require.NoError(s.t, err)
	s.at = at
}

type mirrorRecord struct {
	key    string
	record any
}

func entity(key string, lsn int64, columns map[string]string) mirrorRecord {
	return mirrorRecord{key, &schemas.EntityRow{Row: change.Row{Position: change.Position{LSN: lsn}, CommitMS: lsn, Columns: change.ColumnsOf(columns)}}}
}

func gone(key string, lsn int64) mirrorRecord {
	return mirrorRecord{key, &schemas.EntityRow{Row: change.Row{Position: change.Position{LSN: lsn}, CommitMS: lsn, Deleted: true}}}
}

// rows returns the rows of a query as JSON objects by their id.
func (s *mirrorTable) rows(query string) map[string]string {
	s.t.Helper()
	rows, err := Query[struct {
		Row string `ch:"row"`
	}](s.t.Context(), s.client, "rows", "SELECT formatRowNoNewline('JSONEachRow', *) AS row FROM ("+query+")")
	require.NoError(s.t, err)
	found := map[string]string{}
	for _, r := range rows {
		var fields map[string]any
		require.NoError(s.t, json.Unmarshal([]byte(r.Row), &fields))
		id, _ := fields["id"].(string)
		require.NotContains(s.t, found, id)
		found[id] = r.Row
	}
	return found
}

func TestMirror_has_the_rows_of_the_highest_position(t *testing.T) {
	t.Parallel()
	s := startMirror(t, "posts")
	old := entity("a", 5, map[string]string{"id": `"a"`, "caption": `"old"`, "status": `"draft"`})
	s.write(
		entity("a", 7, map[string]string{
			"id": `"a"`, "user_id": `"u"`, "caption": `"x\n🎈"`, "content": "null", "status": `"published"`,
			"created_at": `"2026-01-02T09:30:00.123456Z"`, "updated_at": `"infinity"`,
		}),
		entity("b", 8, map[string]string{"id": `"b"`, "status": `"published"`, "created_at": `"-0043-03-15T00:00:00.000000Z"`}),
		entity("c", 9, map[string]string{"id": `"c"`}),
		gone("c", 10),
		mirrorRecord{"d", nil},
		old,
	)
	s.write(old, gone("c", 4))
	want := map[string]string{
		"a": `{"id":"a","user_id":"u","caption":"x\n🎈","content":null,"status":"published","created_at":"2026-01-02 09:30:00.123456","updated_at":null}`,
		"b": `{"id":"b","user_id":null,"caption":null,"content":null,"status":"published","created_at":null,"updated_at":null}`,
	}
	requireRows(t, want, s.rows("SELECT COLUMNS('.*') FROM posts_current"))
	require.Equal(t, schemas.Accounting{In: 8, Applied: 7, Skipped: 1}, s.at.meta.Accounting)
	beyond := s.rows("SELECT id, cdc_beyond, cdc_deleted FROM posts FINAL")
	require.JSONEq(t, `{"id":"a","cdc_beyond":{"updated_at":"infinity"},"cdc_deleted":false}`, beyond["a"])
	require.JSONEq(t, `{"id":"b","cdc_beyond":{"created_at":"-0043-03-15T00:00:00.000000Z"},"cdc_deleted":false}`, beyond["b"])
	require.JSONEq(t, `{"id":"c","cdc_beyond":{},"cdc_deleted":true}`, beyond["c"])
}

func requireRows(t *testing.T, want, got map[string]string) {
	t.Helper()
	require.ElementsMatch(t, slices.Collect(maps.Keys(want)), slices.Collect(maps.Keys(got)))
	for id, row := range want {
		require.JSONEq(t, row, got[id])
	}
}

// A column that is added later is there, in the table and the view, and stays when its type changes or it is dropped; so is
// one that is called like the mirror's own.
func TestMirror_takes_new_columns(t *testing.T) {
	t.Parallel()
	s := startMirror(t, "posts")
	s.write(entity("a", 1, map[string]string{"id": `"a"`}))
	s.write(
		entity("b", 2, map[string]string{"id": `"b"`, "views": "7"}),
		entity("c", 3, map[string]string{"id": `"c"`, "views": `"seven"`, "we`ird": `["x"]`, "cdc_deleted": "true"}),
		entity("d", 4, map[string]string{"id": `"d"`, "created_at": "7"}), // retyped: not to be converted
		entity("e", 5, map[string]string{"id": `"e"`, "views": "null"}),
	)
	requireRows(t, map[string]string{
		"a": "{\"id\":\"a\",\"views\":null,\"we`ird\":null,\"pg_cdc_deleted\":null}",
		"b": "{\"id\":\"b\",\"views\":\"7\",\"we`ird\":null,\"pg_cdc_deleted\":null}",
		"c": "{\"id\":\"c\",\"views\":\"seven\",\"we`ird\":\"[\\\"x\\\"]\",\"pg_cdc_deleted\":\"true\"}",
		"e": "{\"id\":\"e\",\"views\":null,\"we`ird\":null,\"pg_cdc_deleted\":null}",
	}, s.rows("SELECT COLUMNS('.*') EXCEPT (user_id, caption, content, status, created_at, updated_at) FROM posts_current"))
	require.Equal(t, schemas.Accounting{In: 5, Applied: 4, Dead: 1}, s.at.meta.Accounting)
	require.Equal(t, map[int64]int{3: 1}, s.dead.at)
}

func TestMirror_is_emptied_by_a_truncate(t *testing.T) {
	t.Parallel()
	s := startMirror(t, "likes")
	like := func(user string, lsn int64, op schemas.ChangeOp) mirrorRecord {
		return mirrorRecord{schemas.NaturalID(user, "p"), &schemas.Change{Table: "likes", Op: op, Position: change.Position{LSN: lsn}}}
	}
	s.write(like("a:1", 1, schemas.ChangeUpsert), like("b", 9, schemas.ChangeUpsert), like("c", 2, schemas.ChangeUpsert), like("z", 0, schemas.ChangeUpsert))
	s.write(mirrorRecord{schemas.TruncateKey(3), &schemas.Change{Table: "likes", Op: schemas.ChangeTruncate, Position: change.Position{LSN: 5}}})
	s.write(like("d", 6, schemas.ChangeUpsert), like("e", 3, schemas.ChangeUpsert), like("d", 7, schemas.ChangeDelete), like("f:%", 8, schemas.ChangeUpsert))
	got := s.rows("SELECT user_id AS id, post_id FROM likes_current")
	require.ElementsMatch(t, []string{"b", "f:%", "z"}, slices.Collect(maps.Keys(got)))
}

func TestRelationships_are_summed_up_per_follower(t *testing.T) {
	t.Parallel()
	s := startMirror(t, "user_relationships")
	edge := func(from, to string, lsn int64, status string) mirrorRecord {
		return entity(schemas.NaturalID(from, to), lsn, map[string]string{"status": fmt.Sprintf("%q", status)})
	}
	s.write(edge("a", "z", 1000, "active"), edge("a", "y", 2000, "active"), edge("a", "x", 3000, "pending"), edge("b", "a", 4000, "active"),
		gone(schemas.NaturalID("a", "w"), 5000), gone(schemas.NaturalID("b", "a"), 6000))
	require.NoError(t, s.client.Exec(t.Context(), "refresh", "SYSTEM REFRESH VIEW user_relationships_agg_mv"))
	require.NoError(t, s.client.Exec(t.Context(), "wait", "SYSTEM WAIT VIEW user_relationships_agg_mv"))
	requireRows(t, map[string]string{"a": `{"id":"a","following_ids":["y","z"],"last_updated":"1970-01-01 00:00:05.000"}`},
		s.rows("SELECT follower_id AS id, following_ids, last_updated FROM user_relationships_agg"))
}
