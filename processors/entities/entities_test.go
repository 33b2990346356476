package entities_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/processors/applied"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

var now = time.UnixMilli(1_800_000_000_000)

// bench is the group of one table.
type bench struct {
	*processorstest.Bench
	t     *testing.T
	group *entities.Group
}

func newBench(t *testing.T, name string) *bench {
	t.Helper()
	b := &bench{t: t, group: &entities.Group{
		Config:  entities.DefaultConfig(),
		Metrics: applied.NewMetrics(prometheus.NewRegistry(), func() time.Time { return now.Add(time.Second) }),
	}}
	for _, e := range topology.Entities() {
		b.group.Forgets = b.group.Forgets || string(e.Keeper) == name && e.Forgets
	}
	for _, g := range topology.EntityGroups(processorstest.Codecs(t)) {
		if string(g.Name) == name {
			b.Bench = processorstest.New(t, g, b.group.On)
		}
	}
	return b
}

func (b *bench) in(c *schemas.Change) schemas.Outcome {
	b.t.Helper()
	key := c.ID
	if c.Op == schemas.ChangeTruncate {
		key = schemas.TruncateKey(0)
	}
	return b.In(key, now, c)
}

func (b *bench) row(id string) *schemas.EntityRow {
	b.t.Helper()
	row, _ := b.Row(id).(*schemas.EntityRow)
	return row
}

// at makes a change at an LSN, committed as many seconds after the first.
func at(lsn int64, op schemas.ChangeOp, id string, values map[string]string, unchanged ...string) *schemas.Change {
	return &schemas.Change{
		Table: "t", ID: id, Op: op, Position: change.Position{LSN: lsn, Offset: 1000 + lsn}, CommitMS: now.UnixMilli() + 1000*lsn,
		RootTime: now.UnixMilli() + 7, Columns: change.ColumnsOf(values), Unchanged: unchanged,
	}
}

func upsert(lsn int64, id string, values map[string]string, unchanged ...string) *schemas.Change {
	return at(lsn, schemas.ChangeUpsert, id, values, unchanged...)
}

func remove(lsn int64, id string) *schemas.Change { return at(lsn, schemas.ChangeDelete, id, nil) }

func truncate(lsn int64) *schemas.Change { return at(lsn, schemas.ChangeTruncate, "", nil) }

func TestRow_is_what_the_highest_position_says(t *testing.T) {
	b := newBench(t, "posts")
	require.Equal(t, schemas.Applied, b.in(upsert(5, "p", map[string]string{"status": `"published"`, "content": `"long"`})))
	require.Equal(t, schemas.Applied, b.in(upsert(7, "p", map[string]string{"status": `"draft"`, "added": "1"}, "content")))
	want := &schemas.EntityRow{Touched: now.UnixMilli(), Row: change.Row{
		Position: change.Position{LSN: 7, Offset: 1007}, CommitMS: now.UnixMilli() + 7000,
		Columns: change.ColumnsOf(map[string]string{"status": `"draft"`, "added": "1", "content": `"long"`}),
		Kept:    []change.Kept{{Name: "content", Since: change.Position{LSN: 5, Offset: 1005}, Known: true}},
	}}
	check := func() {
		t.Helper()
		got := *b.row("p")
		got.SetLast(want.Last())
		require.Equal(t, want, &got)
	}
	check()
	again := upsert(7, "p", map[string]string{"status": `"draft"`, "added": "1"}, "content")
	require.Equal(t, schemas.Duplicate, b.in(again))
	older := upsert(5, "p", map[string]string{"status": `"published"`, "content": `"long"`})
	require.Equal(t, schemas.Skipped, b.in(older))
	check()
	require.Equal(t, schemas.Applied, b.in(remove(8, "p")))
	require.Equal(t, schemas.Skipped, b.in(older), "a deleted row meets what comes late")
	require.True(t, b.row("p").Deleted)
	for result, n := range map[applied.Result]float64{applied.Applied: 2, applied.Repeated: 1, applied.Older: 2} {
		require.InDelta(t, n, testutil.ToFloat64(b.group.Metrics.Changes("t", schemas.ChangeUpsert, result)), 0, string(result))
	}
}

// A later source counts, whatever the positions of the one before it.
func TestEpoch_of_the_source_comes_first(t *testing.T) {
	b := newBench(t, "users")
	require.Equal(t, schemas.Applied, b.in(upsert(500, "u", map[string]string{"name": "1"})))
	next := upsert(3, "u", map[string]string{"name": "2"})
	next.Epoch = 1
	require.Equal(t, schemas.Applied, b.in(next))
	require.Equal(t, schemas.Skipped, b.in(upsert(501, "u", map[string]string{"name": "3"})))
	name, _ := b.row("u").Columns.Get("name")
	require.Equal(t, "2", name)
}

func TestRegression_stops_the_group(t *testing.T) {
	tolerance := entities.DefaultConfig().Tolerance.Milliseconds()
	for later, stops := range map[int64]bool{tolerance: false, tolerance + 1: true} {
		for name, known := range map[string]*schemas.Change{"row": upsert(500, "p", nil), "truncate": truncate(500)} {
			b := newBench(t, "posts")
			b.in(known)
			lower := upsert(499, "p", nil)
			lower.CommitMS = known.CommitMS + later
			b.in(lower)
			if !stops {
				require.NoError(t, b.Failed(), name)
				continue
			}
			require.ErrorIs(t, b.Failed(), schemas.ErrHalt, name)
			require.ErrorContains(t, b.Failed(), `a change at LSN 499 was committed 60001 ms after one at LSN 500`)
		}
	}
	b := newBench(t, "posts")
	b.in(truncate(500))
	lower := truncate(499)
	lower.CommitMS += 2 * tolerance
	b.in(lower)
	require.ErrorIs(t, b.Failed(), schemas.ErrHalt)
}

func TestTruncate_makes_lower_rows_worthless(t *testing.T) {
	b := newBench(t, "posts")
	b.in(upsert(5, "below", map[string]string{"content": `"old"`}))
	require.Equal(t, schemas.Applied, b.in(truncate(9)))
	require.Equal(t, schemas.Duplicate, b.in(truncate(9)))
	require.Equal(t, schemas.Duplicate, b.in(truncate(8)))
	require.Equal(t, schemas.Skipped, b.in(upsert(8, "late", map[string]string{"content": "1"})), "from another partition")
	require.Nil(t, b.row("late"))
	require.Equal(t, schemas.Skipped, b.in(upsert(6, "below", map[string]string{"content": "1"})))
	require.Equal(t, schemas.Applied, b.in(upsert(10, "below", map[string]string{"a": "1"}, "content")))
	require.Equal(t, []string{"content"}, b.row("below").Unknown(), "nothing of the old row is left")
	require.Equal(t, schemas.Applied, b.in(upsert(10, "new", nil)))
}

// tick is a partition between two inputs.
type tick struct {
	schemas.Tick
	rows map[string]*schemas.EntityRow
	done time.Time
	set  []string
	gone []string
}

func (k *tick) Time() time.Time { return k.done }
func (k *tick) Get(name string) schemas.Row {
	if row := k.rows[name]; row != nil {
		return row
	}
	return nil
}

func (k *tick) Walk(_ int, f func(string, schemas.Row)) bool {
	for name, row := range k.rows {
		f(name, row)
	}
	return true
}
func (k *tick) Set(name string, _ schemas.Row) { k.set = append(k.set, name) }
func (k *tick) Delete(name string) bool        { k.gone = append(k.gone, name); return true }

func entity(lsn int64, deleted bool, touched time.Time) *schemas.EntityRow {
	return &schemas.EntityRow{Touched: touched.UnixMilli(), Row: change.Row{Position: change.Position{LSN: lsn}, Deleted: deleted}}
}

func TestSweep_removes_what_was_deleted_for_long(t *testing.T) {
	g := &entities.Group{Config: entities.DefaultConfig(), Forgets: true}
	old := now.Add(-g.KeepDeleted)
	k := &tick{done: now, rows: map[string]*schemas.EntityRow{
		"live": entity(1, false, old), "deleted": entity(1, true, old), "lately": entity(1, true, old.Add(time.Millisecond)),
	}}
	g.Sweep(k, now)
	require.Equal(t, []string{"deleted"}, k.gone)
	require.Empty(t, k.set)

	k.gone, k.done = nil, time.Time{}
	g.Sweep(k, now)
	require.Empty(t, k.gone, "before anything is done for good")

	g.Forgets, k.done = false, now
	g.Sweep(k, now)
	require.Empty(t, k.gone, "of a table that does not forget")
}

func TestSweep_marks_what_a_truncate_left(t *testing.T) {
	g := &entities.Group{Config: entities.DefaultConfig()}
	k := &tick{done: now, rows: map[string]*schemas.EntityRow{
		"below": entity(8, false, now.Add(-time.Hour)), "deleted": entity(7, true, now.Add(time.Hour)), "above": entity(10, false, now),
		schemas.TruncatedRow: entity(9, false, now),
	}}
	g.Sweep(k, now)
	require.ElementsMatch(t, []string{"below", "deleted"}, k.set)
	require.Empty(t, k.gone)
	require.Equal(t, entity(9, true, now), k.rows["below"])
	require.Equal(t, entity(9, true, now.Add(time.Hour)), k.rows["deleted"])
	k.set = nil
	g.Sweep(k, now)
	require.Empty(t, k.set)
}

// A row that a tick may have removed is to verbs as if it had.
func TestForgotten_row_is_as_if_removed(t *testing.T) {
	for after, outcome := range map[time.Duration]schemas.Outcome{
		entities.DefaultConfig().KeepDeleted - time.Millisecond: schemas.Skipped, entities.DefaultConfig().KeepDeleted: schemas.Applied,
	} {
		b := newBench(t, "comments")
		b.in(remove(9, "c"))
		require.Equal(t, outcome, b.In("c", now.Add(after), upsert(5, "c", nil)))
		b = newBench(t, "users")
		b.in(remove(9, "u"))
		require.Equal(t, schemas.Skipped, b.In("u", now.Add(after), upsert(5, "u", nil)), "a deleted user is not forgotten")
	}
}

func TestUnreadable_is_refused(t *testing.T) {
	b := newBench(t, "posts")
	require.Equal(t, schemas.Dead, b.In("p", now, nil))
	_, got := b.Out(topology.ChangesDLQ)
	require.Equal(t, schemas.ReasonNullValue, got[0].(*schemas.DeadLetter).Reason)
}

// The table is the same whenever a truncate comes among the changes of rows, and swept or not.
func TestTable_is_the_same_in_any_order(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var all []*schemas.Change
		for n := range rapid.IntRange(1, 10).Draw(rt, "changes") {
			lsn, id := int64(n+1), strconv.Itoa(rapid.IntRange(0, 1).Draw(rt, "id"))
			switch rapid.IntRange(0, 5).Draw(rt, "op") {
			case 0:
				all = append(all, truncate(lsn))
			case 1:
				all = append(all, remove(lsn, id))
			default:
				all = append(all, upsert(lsn, id, map[string]string{"n": strconv.Itoa(n)}))
			}
		}
		want, truncated := map[string]*schemas.Change{}, int64(0)
		for _, c := range all { // in the order of the log
			if c.Op == schemas.ChangeTruncate {
				clear(want)
				truncated = c.LSN
			} else {
				want[c.ID] = c
			}
		}
		b := newBench(t, "posts")
		for _, c := range rapid.Permutation(append(all, all[0])).Draw(rt, "order") {
			b.in(c)
			require.NoError(rt, b.Failed())
		}
		for _, id := range []string{"0", "1"} {
			row := b.row(id)
			if want[id] == nil || want[id].Op == schemas.ChangeDelete {
				require.True(rt, row == nil || row.Deleted || row.Position.LSN < truncated, "%s: %+v", id, row)
				continue
			}
			require.Equal(rt, want[id].Columns, row.Columns)
			require.False(rt, row.Deleted)
		}
	})
}

func TestConfig_names_what_is_wrong(t *testing.T) {
	require.NoError(t, entities.DefaultConfig().Validate())
	require.ErrorContains(t, entities.Config{}.Validate(), "keep_deleted")
	require.ErrorContains(t, entities.Config{KeepDeleted: 1, Tolerance: -1}.Validate(), "tolerance")
}
