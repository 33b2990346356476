package chaos

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/time/rate"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/oracle"
	"github.com/nova-social/nova-streams/topology"
)

// The database changes rows of all its tables while the workers are killed again and again: tables, completed transactions
// and scores are what a plain recount makes of what the connector said.
func TestDatabase_that_changes_amid_kills(t *testing.T) {
	skipShort(t)
	n := int(envInt(t, "FAULTS", kills))
	w := newDatabaseWorld(t, func(*job) {})
	said := oracle.NewDatabaseWorld(uint64(w.seed), 20_000, time.Now().Add(-10*time.Minute))
	w.killedAmid(said, n, false)
	accounts := w.drainDatabase(said)
	var replays int64
	for _, a := range accounts {
		replays += a.Replay
	}
	require.Positive(t, replays, "no kill fell between an output and its commit")
	require.Zero(t, w.says("stage stopped"), "a stage gave up")
	var kept, read schemas.Accounting
	for _, e := range topology.Entities() {
		kept, read = sum(kept, accounts[string(e.Keeper)]), sum(read, accounts[string(e.Reader)])
	}
	for what, n := range map[string]int64{"sent again by the connector": kept.Duplicate, "older": kept.Skipped, "without sense": read.Dead, "tombstones": read.Skipped} {
		require.Positive(t, n, what)
	}
	cfg := w.job.config()
	require.Equal(t, oracle.Wrong{}, said.Check(t, &cfg))
	t.Logf("%d records of %d changes and %d transactions, killed %d times, %d replays dropped, %d takeovers: all exact",
		len(said.Records), said.Changes, len(said.Completed), n, replays, w.says("partition taken over"))
}

// With a rule switched off the same run must go wrong. Tables and the sets of what has passed of transactions cannot go wrong
// by what is said again, so without origins only scores do.
func TestDatabase_controls_go_wrong(t *testing.T) {
	skipShort(t)
	for name, c := range map[string]struct {
		controls streams.Controls
		wrong    func(oracle.Wrong) bool
	}{
		"origins ignored":          {streams.Controls{IgnoreOrigins: true}, func(w oracle.Wrong) bool { return w.Posts > 0 && w.Rows == 0 && w.Transactions == 0 }},
		"rows first":               {streams.Controls{RowsFirst: true}, func(w oracle.Wrong) bool { return w.Posts > 0 || w.Transactions > 0 }},
		"commits that do not wait": {streams.Controls{CommitEarly: true}, func(w oracle.Wrong) bool { return w.Rows > 0 && w.Transactions > 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newDatabaseWorld(t, func(j *job) { j.Controls = c.controls })
			said := oracle.NewDatabaseWorld(uint64(w.seed), 6_000, time.Now().Add(-10*time.Minute))
			w.killedAmid(said, 4, true)
			w.drain(0)
			cfg := w.job.config()
			wrong := said.Check(t, &cfg)
			t.Logf("%+v", wrong)
			require.True(t, c.wrong(wrong), "%+v", wrong)
		})
	}
}

func sum(a, b schemas.Accounting) schemas.Accounting {
	return schemas.Accounting{Duplicate: a.Duplicate + b.Duplicate, Skipped: a.Skipped + b.Skipped, Dead: a.Dead + b.Dead}
}

// newDatabaseWorld is a world of the groups that changes of the database pass. The connector's topics have other numbers
// of partitions than ours.
func newDatabaseWorld(t *testing.T, change func(*job)) *world {
	t.Helper()
	var inputs []streams.Input
	var topics []streams.TopicSpec
	reads := func(group, topic string, partitions int32) {
		inputs = append(inputs, streams.Input{Group: group, Topic: topic})
		if partitions > 0 {
			topics = append(topics, streams.TopicSpec{Name: topic, Partitions: partitions, Replication: 1})
		}
	}
	reads(string(topology.CdcTransaction), string(topology.CdcTransactions), 2)
	reads(string(topology.Transactions), string(topology.TransactionInputs), 0)
	for i, e := range topology.Entities() {
		reads(string(e.Reader), string(e.Topic), int32(1+i))
		if e.Keeper != "" {
			reads(string(e.Keeper), string(e.Changes), 0)
		}
	}
	w := newWorld(t, 1, "", func(j *job) {
		for _, in := range inputs {
			j.Groups = append(j.Groups, in.Group)
		}
		j.Groups = append(j.Groups, string(topology.Reactions), string(topology.Scores))
		change(j)
	})
	w.more, w.heeded = inputs, []string{string(topology.Transactions), string(topology.Scores)}
	_, err := streams.Provision(t.Context(), w.job.Brokers, topics)
	require.NoError(t, err)
	return w
}

// killedAmid has the connector say everything, in so many parts. Amid each of them one worker is killed, or every third
// time both, as hard means every time. It returns when all is said.
func (w *world) killedAmid(said *oracle.DatabaseWorld, parts int, hard bool) {
	w.t.Helper()
	w.start("a")
	w.start("b")
	for n := range parts {
		standing := w.standing()
		w.tell(said.Records[len(said.Records)*n/parts:len(said.Records)*(n+1)/parts], rate.NewLimiter(1500, 100))
		w.progressFrom(standing)
		if hard || n%3 == 0 { // what was committed, and what others were told, may not have been written
			w.slow(100 * time.Millisecond)
			w.pause(time.Second)
			w.killed("a", "b")
			w.slow(0)
		} else {
			w.pause(time.Second)
			w.killed(w.any())
		}
		<-w.fed
	}
}

// drainDatabase waits until everything is done and returns the accounts: every record of the connector counted once, and
// those that make no sense refused.
func (w *world) drainDatabase(said *oracle.DatabaseWorld) map[string]schemas.Accounting {
	w.t.Helper()
	accounts := w.drain(0)
	for _, in := range w.more {
		a := accounts[in.Group]
		sent, refused := said.Sent(in.Topic)
		if sent > 0 {
			require.Equal(w.t, sent, a.In, in.Group)
		}
		require.Equal(w.t, refused, a.Dead, in.Group)
	}
	return accounts
}
