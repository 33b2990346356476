package chaos

import (
	"strconv"
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

// Whatever happens to sinks and to the ClickHouse server, each row is there once, and views agree.
func TestSinks_leave_every_row_and_view_exact(t *testing.T) {
	skipShort(t)
	w := newWorld(t, 1, app.Processors, func(j *job) { j.Role = app.Sinks })
	w.createView()
	w.struck(w.sinkFaults(), func(f reconcile.Finding) bool { return f.Kind == reconcile.View }) // until it is repaired
	require.Positive(t, w.says(finishing), "no fault fell between an announcement and its commit")
	w.requireHours(raw)
	w.requireRollUps()
	require.Positive(t, w.says(repaired), "no roll-up ever lacked an insert")
	t.Logf("%d announced ranges were finished by others; %d times was added what the server's end took from roll-ups", w.says(finishing), w.says(repaired))
	wrong, more := w.wrongHours(byHour) // nobody repairs it: docs/invariants.md, "The edges"
	t.Logf("of an analyst's own view %d counts of %d are wrong, and %d nobody sent", wrong, len(w.truth.hours), more)
}

// sinkFaults returns what can be done to sinks and their server.
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
		{"ClickHouse is frozen for longer than sinks wait", func(w *world) { w.serverFrozen(impatience + time.Second) }, triesAgain},
		{"ClickHouse is frozen while a sink is killed", func(w *world) {
			w.signalServer(syscall.SIGSTOP)
			time.Sleep(300 * time.Millisecond)
			w.killed(w.any())
			time.Sleep(300 * time.Millisecond)
			w.signalServer(syscall.SIGCONT)
		}, ""},
		{"ClickHouse is killed", func(w *world) { w.serverAway(0) }, ""},
		{"ClickHouse is killed and comes back later", func(w *world) { w.serverAway(session + time.Second) }, ""},
		{"ClickHouse and both sinks are killed", func(w *world) {
			w.signalServer(syscall.SIGKILL)
			w.killed("a", "b")
			w.restartServer()
		}, ""},
		{"ClickHouse loses what a roll-up was to get, and is killed", func(w *world) {
			w.query("DETACH TABLE post_engagement_hourly_mv")
			time.Sleep(time.Second) // inserts under way still have it
			w.progress()
			w.serverAway(0) // it attaches what was detached
		}, ""},
	})
}

// What sinks say.
const (
	lostPlace  = "lost the place in the group"
	triesAgain = `msg="trying again"`
	finishing  = "finishing a range that was announced"
	repaired   = "a roll-up lacked rows"
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

// createView makes a view over post_events as an analyst might, with a window of tokens like the table's.
func (w *world) createView() {
	for _, sql := range []string{
		`CREATE TABLE by_hour (hour DateTime('UTC'), post_id String, event_type String, rows UInt64) ENGINE = SummingMergeTree
		 PARTITION BY toYYYYMM(hour) ORDER BY (hour, post_id, event_type) SETTINGS non_replicated_deduplication_window = 10000`,
		`CREATE MATERIALIZED VIEW by_hour_mv TO by_hour AS
		 SELECT toStartOfHour(event_time) AS hour, post_id, event_type, count() AS rows FROM post_events GROUP BY hour, post_id, event_type`,
	} {
		w.query(sql)
	}
}

// query runs a statement on the server.
func (w *world) query(sql string) []map[string]any {
	w.t.Helper()
	return devstacktest.Query(w.t, w.stack, clickhouse.DefaultConfig().Database, sql)
}

// Counts by hour, post and kind: of the rows of post_events, and of the analyst's view.
const (
	raw    = "SELECT formatDateTime(event_time, '%Y-%m-%dT%H') AS hour, post_id, event_type AS kind, count() AS rows FROM post_events GROUP BY ALL"
	byHour = "SELECT formatDateTime(hour, '%Y-%m-%dT%H') AS hour, post_id, event_type AS kind, sum(rows) AS rows FROM by_hour GROUP BY ALL"
)

// requireHours compares what a query gives with the recount by hour, post and kind.
func (w *world) requireHours(sql string) {
	w.t.Helper()
	wrong, more := w.wrongHours(sql)
	require.Zero(w.t, wrong, "counts wrong of %d, by %s", len(w.truth.hours), sql)
	require.Zero(w.t, more, "counts of what nobody sent, by %s", sql)
}

// wrongHours returns how many counts differ from the recount, and how many there are that it does not have.
func (w *world) wrongHours(sql string) (wrong, more int) {
	w.t.Helper()
	got := w.hours(sql)
	for k, n := range w.truth.hours {
		if got[k] != n {
			wrong++
		}
	}
	return wrong, max(0, len(got)-len(w.truth.hours))
}

// requireRollUps waits until sinks have found, since the server's last start, that all roll-ups agree with the rows, and
// compares these with the recount.
func (w *world) requireRollUps() {
	w.t.Helper()
	run := w.serverRun()
	require.Eventually(w.t, func() bool {
		row := w.query("SELECT count() AS n FROM post_engagement_repairs WHERE target = '' AND server = " + run)[0]
		return row["n"].(float64) > 0
	}, 30*time.Second, 100*time.Millisecond, "sinks do not find that views agree")
	for table, column := range map[string]string{"post_engagement_hourly": "hour", "post_engagement_minutely": "minute"} {
		w.requireHours("SELECT formatDateTime(" + column + `, '%Y-%m-%dT%H') AS hour, post_id, pair.1 AS kind, sum(pair.2) AS rows FROM ` + table + `
			ARRAY JOIN [('view', views), ('like', likes), ('comment', comments), ('share', shares), ('impression', impressions)] AS pair
			GROUP BY ALL HAVING rows > 0`)
	}
}

// serverRun names the run of the server.
func (w *world) serverRun() string {
	w.t.Helper()
	client, err := clickhouse.Open(w.job.config().ClickHouse)
	require.NoError(w.t, err)
	defer func() { require.NoError(w.t, client.Close()) }()
	run, err := client.Server(w.t.Context())
	require.NoError(w.t, err)
	return strconv.FormatUint(run, 10)
}

func (w *world) hours(sql string) map[hourCount]int64 {
	w.t.Helper()
	found := map[hourCount]int64{}
	for _, r := range w.query(sql) {
		k := hourCount{r["hour"].(string), r["post_id"].(string), strings.TrimPrefix(r["kind"].(string), "post_")}
		found[k] = int64(r["rows"].(float64))
	}
	return found
}
