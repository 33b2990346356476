package chaos

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/reconcile"
)

// Whatever happens to sinks, and to a ClickHouse server that is not killed, each row is there once, and views agree.
func TestSinks_leave_every_row_and_view_exact(t *testing.T) {
	skipShort(t)
	w := strikeSinks(t, (*world).sinkFaults, nil)
	w.requireHours(w.rollUps()...)
}

// A server that is killed leaves every row there once. A view may be short of an insert whose token the server had noted
// and whose rows it had not kept: docs/invariants.md, "The edges".
func TestSinks_and_killed_servers_leave_every_row_exact(t *testing.T) {
	skipShort(t)
	w := strikeSinks(t, (*world).serverFaults, func(f reconcile.Finding) bool { return f.Kind == reconcile.View })
	w.requireHours()
}

// strikeSinks lets things happen to sinks under load, and compares rows, sessions and accounts with the recount.
func strikeSinks(t *testing.T, faults func(*world) []fault, forgiven func(reconcile.Finding) bool) *world {
	t.Helper()
	w := newWorld(t, 1, app.Processors, func(j *job) { j.Role = app.Sinks })
	w.createViews()
	w.struck(faults(w), forgiven)
	require.Positive(t, w.says(finishing), "no fault fell between an announcement and its commit")
	t.Logf("%d announced ranges were finished by others", w.says(finishing))
	return w
}

// serverFaults returns what can be done with SIGKILL to the server.
func (w *world) serverFaults() []fault {
	return only([]fault{
		{"ClickHouse is killed", func(w *world) { w.serverAway(0) }, ""},
		{"ClickHouse is killed and comes back later", func(w *world) { w.serverAway(session + time.Second) }, insertsAgain},
		{"ClickHouse and both sinks are killed", func(w *world) {
			w.signalServer(syscall.SIGKILL)
			w.killed("a", "b")
			w.restartServer()
		}, ""},
		{"one is killed", func(w *world) { w.killed(w.any()) }, ""},
	})
}

// sinkFaults returns what can be done to sinks and their server but SIGKILL to the server.
func (w *world) sinkFaults() []fault {
	return only([]fault{
		{"one is killed", func(w *world) { w.killed(w.any()) }, ""},
		{"both are killed", func(w *world) { w.killed("a", "b") }, ""},
		{"one is killed and comes back after its session", (*world).outlived, ""},
		{"a third comes and leaves", (*world).visited, ""},
		{"a third comes and is killed", (*world).visitedAndKilled, ""},
		{"one is frozen for a moment", func(w *world) {
			name := w.any()
			w.workers[name].signal(w.t, syscall.SIGSTOP)
			time.Sleep(w.moment())
			w.workers[name].signal(w.t, syscall.SIGCONT)
		}, ""},
		{"one is frozen beyond its session", func(w *world) { w.frozen(w.any()) }, ""},
		{"one is cut off from Kafka for a moment", func(w *world) { w.away(linkCut, w.moment(), w.any()) }, ""},
		{"one is cut off from Kafka beyond its session", func(w *world) { w.without(linkCut, w.any()) }, lostPlace},
		{"what one says to Kafka comes after its session", func(w *world) { w.without(linkHeld, w.any()) }, lostPlace},
		{"ClickHouse is frozen for a moment", func(w *world) { w.serverFrozen(w.moment()) }, ""},
		{"ClickHouse is frozen for longer than sinks wait", func(w *world) { w.serverFrozen(impatience + time.Second) }, insertsAgain},
		{"ClickHouse is frozen while a sink is killed", func(w *world) {
			w.signalServer(syscall.SIGSTOP)
			time.Sleep(300 * time.Millisecond)
			w.killed(w.any())
			time.Sleep(300 * time.Millisecond)
			w.signalServer(syscall.SIGCONT)
		}, ""},
	})
}

// What sinks say.
const (
	lostPlace    = "the sink lost its place in the group"
	insertsAgain = `doing="inserting into ClickHouse"`
	finishing    = "finishing a range that was announced"
)

func (w *world) signalServer(s syscall.Signal) {
	w.t.Helper()
	require.NoError(w.t, w.stack.SignalClickHouse(s))
}

func (w *world) restartServer() {
	w.t.Helper()
	require.NoError(w.t, w.stack.RestartClickHouse(w.t.Context()))
}

// serverAway kills ClickHouse and starts it again after d.
func (w *world) serverAway(d time.Duration) {
	w.signalServer(syscall.SIGKILL)
	time.Sleep(d)
	w.restartServer()
}

func (w *world) serverFrozen(d time.Duration) {
	w.signalServer(syscall.SIGSTOP)
	time.Sleep(d)
	w.signalServer(syscall.SIGCONT)
}

// createViews makes a view over post_events as an analyst might, that counts what requireHours compares.
func (w *world) createViews() {
	for _, sql := range []string{
		`CREATE TABLE by_hour (hour DateTime('UTC'), post_id String, event_type String, rows UInt64) ENGINE = SummingMergeTree
		 PARTITION BY toYYYYMM(hour) ORDER BY (hour, post_id, event_type) SETTINGS non_replicated_deduplication_window = 10000`,
		`CREATE MATERIALIZED VIEW by_hour_mv TO by_hour AS
		 SELECT toStartOfHour(event_time) AS hour, post_id, event_type, count() AS rows FROM post_events GROUP BY hour, post_id, event_type`,
	} {
		devstacktest.Query(w.t, w.stack, clickhouse.DefaultConfig().Database, sql)
	}
}

// requireHours compares the table, and what the queries give, with the recount by hour, post and kind.
func (w *world) requireHours(queries ...string) {
	w.t.Helper()
	raw := "SELECT formatDateTime(event_time, '%Y-%m-%dT%H') AS hour, post_id, event_type AS kind, count() AS rows FROM post_events GROUP BY ALL"
	for _, sql := range append([]string{raw}, queries...) {
		got, wrong := w.hours(sql), 0
		for k, n := range w.truth.hours {
			if got[k] != n {
				wrong++
			}
		}
		require.Zero(w.t, wrong, "counts wrong of %d, by %s", len(w.truth.hours), sql)
		require.Len(w.t, got, len(w.truth.hours), sql)
	}
}

// rollUps asks the analyst's view and the product's.
func (w *world) rollUps() []string {
	all := []string{"SELECT formatDateTime(hour, '%Y-%m-%dT%H') AS hour, post_id, event_type AS kind, sum(rows) AS rows FROM by_hour GROUP BY ALL"}
	for table, column := range map[string]string{"post_engagement_hourly": "hour", "post_engagement_minutely": "minute"} {
		all = append(all, "SELECT formatDateTime("+column+`, '%Y-%m-%dT%H') AS hour, post_id, pair.1 AS kind, sum(pair.2) AS rows FROM `+table+`
			ARRAY JOIN [('view', views), ('like', likes), ('comment', comments), ('share', shares), ('impression', impressions)] AS pair
			GROUP BY ALL HAVING rows > 0`)
	}
	return all
}

func (w *world) hours(sql string) map[hourCount]int64 {
	w.t.Helper()
	found := map[hourCount]int64{}
	for _, r := range devstacktest.Query(w.t, w.stack, clickhouse.DefaultConfig().Database, sql) {
		k := hourCount{r["hour"].(string), r["post_id"].(string), strings.TrimPrefix(r["kind"].(string), "post_")}
		found[k] = int64(r["rows"].(float64))
	}
	return found
}
