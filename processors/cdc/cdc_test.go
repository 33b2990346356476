package cdc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/topology"
)

var now = time.UnixMilli(1_800_000_000_000)

// bench is the group of one table, whose decoder answers what the test has put there.
type bench struct {
	*processorstest.Bench
	t      *testing.T
	entity topology.Entity
	event  *debezium.Event
	err    error
	peeked *debezium.Event // what can be read of a record that is refused
	read   debezium.Record // what the decoder was last given
	group  *cdc.Group
}

func newBench(t *testing.T, table string) *bench {
	t.Helper()
	for i, e := range topology.Entities() {
		if e.Table != table {
			continue
		}
		b := &bench{t: t, entity: e}
		b.group = &cdc.Group{
			Config: cdc.Config{Sources: []string{"old", "cdc"}}, Entity: e, Partitions: []string{"one", "two"},
			Metrics: cdc.NewMetrics(prometheus.NewRegistry()),
		}
		b.group.Decoder = b
		b.Bench = processorstest.New(t, topology.CdcGroups(processorstest.Codecs(t))[i], b.group.On)
		return b
	}
	t.Fatalf("no table is named %s", table)
	return nil
}

// Decode is the decoder of the group.
func (b *bench) Decode(_ context.Context, r debezium.Record) (debezium.Result, error) {
	b.read = r
	if b.event == nil && b.err == nil {
		return debezium.Result{Skip: debezium.Tombstone}, nil
	}
	return debezium.Result{Event: b.event}, b.err
}

// Peek is the decoder of the group, too.
func (b *bench) Peek(context.Context, debezium.Record) *debezium.Event { return b.peeked }

// passed returns what was told to have passed, with its keys.
func (b *bench) passed() (keys []string, parts []*schemas.TransactionInput) {
	b.t.Helper()
	keys, got := b.Out(topology.TransactionInputs)
	for _, p := range got {
		parts = append(parts, p.(*schemas.TransactionInput))
	}
	return keys, parts
}

// in gives the group a record that means event.
func (b *bench) in(event *debezium.Event, err error) schemas.Outcome {
	b.t.Helper()
	b.event, b.err = event, err
	return b.InWith("key", now, schemas.Raw("value"), map[string][]byte{"header": []byte("h")})
}

func (b *bench) changes() (keys []string, changes []*schemas.Change) {
	b.t.Helper()
	keys, got := b.Out(b.entity.Changes)
	for _, c := range got {
		changes = append(changes, c.(*schemas.Change))
	}
	return keys, changes
}

func event(table string, op debezium.Operation, key, after debezium.Columns) *debezium.Event {
	return &debezium.Event{
		Table: table, Operation: op, Key: key, After: after, TsMS: now.UnixMilli() - 5,
		Source: debezium.Source{Connector: "cdc", TsMS: now.UnixMilli() - 100, TxID: 774, LSN: 26_640_944, Position: 26_640_944},
	}
}

func TestUpsert_goes_under_its_natural_id_with_all_columns(t *testing.T) {
	b := newBench(t, "posts")
	for op, snapshot := range map[debezium.Operation]string{debezium.Create: "", debezium.Update: "", debezium.Read: "incremental"} {
		e := event("posts", op, debezium.Columns{"id": `"p1"`}, debezium.Columns{"id": `"p1"`, "caption": `"c"`, "added": "7"})
		e.Unchanged, e.Source.Snapshot, e.Transaction = []string{"content"}, snapshot, &debezium.Transaction{ID: "774", TotalOrder: 3}
		require.Equal(t, schemas.Applied, b.in(e, nil))
		keys, got := b.changes()
		require.Equal(t, []string{"p1"}, keys)
		require.Equal(t, &schemas.Change{
			Table: "posts", ID: "p1", Op: schemas.ChangeUpsert, Position: change.Position{Epoch: 1, LSN: 26_640_944, Offset: 26_640_944},
			CommitMS: now.UnixMilli() - 100, RootTime: now.UnixMilli(), Snapshot: snapshot != "", TxID: 774, TxOrder: 3,
			Columns:   change.ColumnsOf(map[string]string{"id": `"p1"`, "caption": `"c"`, "added": "7"}),
			Unchanged: []string{"content"},
		}, got[0])
	}
	require.Equal(t, "cdc.posts", b.read.Topic)
	require.Equal(t, "key", string(b.read.Key))
	require.Equal(t, "value", string(b.read.Value))
	require.Equal(t, "h", string(b.read.Headers["header"]))
}

// A transaction that is open while a snapshot is read lies before that in the log, and after it in the order of commits.
func TestPosition_of_a_transaction_that_a_snapshot_did_not_see_is_above_it(t *testing.T) {
	b := newBench(t, "users")
	position := func(committed, at uint64, op debezium.Operation) change.Position {
		e := event("users", op, debezium.Columns{"id": `"u"`}, debezium.Columns{"id": `"u"`})
		e.Source.Committed, e.Source.Position = committed, at
		require.Equal(t, schemas.Applied, b.in(e, nil))
		_, got := b.changes()
		return got[0].Position
	}
	before := position(30_072_000, 30_072_100, debezium.Create)
	snapshot := position(0, 30_078_424, debezium.Read)
	first, second := position(30_375_120, 30_076_376, debezium.Update), position(30_375_120, 30_076_512, debezium.Update)
	after := position(30_375_400, 30_375_400, debezium.Update)
	for i, p := range []change.Position{before, snapshot, first, second} {
		next := []change.Position{snapshot, first, second, after}[i]
		require.Negative(t, p.Compare(next), "%v %v", p, next)
		require.True(t, p.Before(next))
	}
}

func TestDelete_is_a_value_with_the_id_alone(t *testing.T) {
	b := newBench(t, "users")
	e := event("users", debezium.Delete, debezium.Columns{"id": "17"}, nil)
	e.Before = debezium.Columns{"id": "17"}
	require.Equal(t, schemas.Applied, b.in(e, nil))
	keys, got := b.changes()
	require.Equal(t, []string{"17"}, keys)
	require.Equal(t, schemas.ChangeDelete, got[0].Op)
	require.Empty(t, got[0].Columns)
}

func TestKey_change_ends_the_old_id_and_hands_over_to_the_new(t *testing.T) {
	b := newBench(t, "posts")
	old := event("posts", debezium.Delete, debezium.Columns{"id": `"a"`}, nil)
	old.NewKey = debezium.Columns{"id": `"b"`}
	require.Equal(t, schemas.Applied, b.in(old, nil))
	_, got := b.changes()
	require.Equal(t, []any{"a", schemas.ChangeDelete, ""}, []any{got[0].ID, got[0].Op, got[0].PreviousID})

	next := event("posts", debezium.Create, debezium.Columns{"id": `"b"`}, debezium.Columns{"id": `"b"`})
	next.OldKey, next.Unchanged = debezium.Columns{"id": `"a"`}, []string{"content"}
	require.Equal(t, schemas.Applied, b.in(next, nil))
	_, got = b.changes()
	require.Equal(t, []any{"b", schemas.ChangeUpsert, "a"}, []any{got[0].ID, got[0].Op, got[0].PreviousID})
	require.Equal(t, []string{"content"}, got[0].Unchanged)
}

// A truncate lies in one partition of its topic and concerns all of the changes'.
func TestTruncate_is_told_to_every_partition(t *testing.T) {
	b := newBench(t, "follows")
	require.Equal(t, schemas.Applied, b.in(event("follows", debezium.Truncate, nil, nil), nil))
	keys, got := b.changes()
	require.Equal(t, []string{"one", "two"}, keys)
	for _, c := range got {
		require.Equal(t, schemas.ChangeTruncate, c.Op)
		require.Empty(t, c.ID)
		require.EqualValues(t, 26_640_944, c.LSN)
	}
	require.InDelta(t, 1, testutil.ToFloat64(b.group.Metrics.Events("follows", "truncate")), 0)
}

// Rows of the source before that the new database does not have are no more, and nobody else tells of them.
func TestSnapshot_of_a_later_source_ends_rows_of_those_before(t *testing.T) {
	b := newBench(t, "users")
	row := debezium.Columns{"id": `"u"`}
	for mark, told := range map[string][]string{"first": {"one", "two", "u"}, "first_in_data_collection": {"one", "two", "u"}, "true": {"u"}, "incremental": {"u"}, "": {"u"}} {
		e := event("users", debezium.Read, row, row)
		e.Source.Snapshot = mark
		require.Equal(t, schemas.Applied, b.in(e, nil))
		keys, got := b.changes()
		require.Equal(t, told, keys, mark)
		for _, c := range got[:len(got)-1] {
			require.Equal(t, []any{schemas.ChangeTruncate, change.Position{Epoch: 1, LSN: 1}}, []any{c.Op, c.Position})
			require.True(t, c.Before(got[len(got)-1].Position))
		}
		e.Source.Connector = "old"
		require.Equal(t, schemas.Applied, b.in(e, nil))
		keys, _ = b.changes()
		require.Equal(t, []string{"u"}, keys, "before the first there is none")
	}
}

func TestEdge_is_named_by_both_ends(t *testing.T) {
	b := newBench(t, "follows")
	ends := debezium.Columns{"follower_id": `"did:u"`, "followee_id": `"v:1"`}
	require.Equal(t, schemas.Applied, b.in(event("follows", debezium.Create, ends, ends), nil))
	keys, _ := b.changes()
	require.Equal(t, []string{"did%3Au:v:1"}, keys)
}

func TestLike_is_told_to_reactions(t *testing.T) {
	b := newBench(t, "likes")
	ends := debezium.Columns{"user_id": `"u"`, "post_id": `"p"`}
	row := debezium.Columns{"user_id": `"u"`, "post_id": `"p"`, "created_at": `"2026-01-02T09:30:00.123456Z"`}
	commit := now.UnixMilli() - 100
	for _, step := range []struct {
		event *debezium.Event
		kind  schemas.ReactionKind
		at    int64
	}{
		{event("likes", debezium.Create, ends, row), schemas.ReactionLike, 1_767_346_200_123},
		{event("likes", debezium.Read, ends, ends), schemas.ReactionLike, commit},
		{event("likes", debezium.Delete, ends, nil), schemas.ReactionUnlike, commit},
	} {
		require.Equal(t, schemas.Applied, b.in(step.event, nil))
		_, changes := b.changes()
		require.Len(t, changes, 1)
		keys, got := b.Out(topology.ReactionInputs)
		require.Equal(t, []string{"u:p"}, keys)
		require.Equal(t, &schemas.ReactionInput{
			UserID: "u", PostID: "p", Kind: step.kind, Source: schemas.SourceDatabase, EventTime: step.at, RootTime: now.UnixMilli(),
			CommitMS: commit,
			Position: changes[0].Position,
		}, got[0])
	}
	require.Equal(t, schemas.Applied, b.in(event("likes", debezium.Truncate, nil, nil), nil))
	keys, _ := b.Out(topology.ReactionInputs)
	require.Empty(t, keys)
}

func TestNothing_to_keep_is_skipped(t *testing.T) {
	b := newBench(t, "posts")
	require.Equal(t, schemas.Skipped, b.in(nil, nil))
	require.Equal(t, schemas.Skipped, b.in(event("", debezium.Message, nil, nil), nil))
	b.event = nil
	require.Equal(t, schemas.Skipped, b.In("key", now, nil), "a tombstone")
	require.Nil(t, b.read.Value)
	require.InDelta(t, 1, testutil.ToFloat64(b.group.Metrics.Events("posts", "message")), 0)
	require.InDelta(t, 2, testutil.ToFloat64(b.group.Metrics.Events("posts", "tombstone")), 0)
}

func TestUnreadable_is_refused_with_its_reason(t *testing.T) {
	b := newBench(t, "follows")
	one := debezium.Columns{"follower_id": `"u"`}
	for _, bad := range []struct {
		event  *debezium.Event
		err    error
		reason schemas.Reason
		detail string
	}{
		{nil, &debezium.Error{Kind: debezium.EventProcessing, Err: errors.New("cut")}, schemas.ReasonEventProcessing, "cut"},
		{event("posts", debezium.Create, one, one), nil, schemas.ReasonCdcConnector, `it is about table "posts"`},
		{event("follows", debezium.Create, one, one), nil, schemas.ReasonSchemaMismatch, "column followee_id, which names a row, has no value"},
		{event("follows", debezium.Create, debezium.Columns{"follower_id": `"u"`, "followee_id": "null"}, nil), nil, schemas.ReasonSchemaMismatch, "followee_id"},
	} {
		require.Equal(t, schemas.Dead, b.in(bad.event, bad.err))
		require.NoError(t, b.Failed())
		_, got := b.Out(topology.CdcDLQ)
		letter := got[0].(*schemas.DeadLetter)
		require.Equal(t, bad.reason, letter.Reason)
		require.Contains(t, letter.Detail, bad.detail)
		require.Equal(t, "value", string(letter.Value))
		require.Equal(t, "key", string(letter.Key))
	}
	keys, _ := b.changes()
	require.Empty(t, keys)
}

// A record that cannot be read now is not refused: the registry may be away.
func TestTrouble_of_the_decoder_ends_the_stage(t *testing.T) {
	b := newBench(t, "posts")
	b.in(nil, errors.New("registry away"))
	require.ErrorContains(t, b.Failed(), "registry away")
	require.NotErrorIs(t, b.Failed(), schemas.ErrHalt)
	keys, _ := b.Out(topology.CdcDLQ)
	require.Empty(t, keys)
}

func TestConnector_that_is_not_known_stops_the_stage(t *testing.T) {
	b := newBench(t, "posts")
	e := event("posts", debezium.Create, debezium.Columns{"id": `"p"`}, debezium.Columns{"id": `"p"`})
	e.Source.Connector = "restored"
	b.in(e, nil)
	require.ErrorIs(t, b.Failed(), schemas.ErrHalt)
	require.ErrorContains(t, b.Failed(), `connector "restored" is not in cdc.sources (["old" "cdc"])`)
}

func TestConfig_names_what_is_wrong(t *testing.T) {
	require.NoError(t, cdc.DefaultConfig().Validate())
	require.ErrorContains(t, cdc.Config{Sources: []string{"cdc"}}.Validate(), "Unavailable")
	for _, sources := range [][]string{nil, {""}, {"a", "b", "a"}} {
		require.ErrorContains(t, cdc.Config{Sources: sources}.Validate(), "cdc: sources must")
	}
}
