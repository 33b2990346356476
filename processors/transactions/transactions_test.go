package transactions_test

import (
	"bytes"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/processors/transactions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

var now = time.UnixMilli(1_800_000_000_000)

// bench is the group that keeps what has passed.
type bench struct {
	*processorstest.Bench
	tb    testing.TB
	group *transactions.Group
	count *prometheus.Registry
	log   bytes.Buffer
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	b := &bench{tb: tb, count: prometheus.NewRegistry()}
	b.group = &transactions.Group{Config: transactions.DefaultConfig(), Metrics: transactions.NewMetrics(b.count), Log: slog.New(slog.NewTextHandler(&b.log, nil))}
	b.Bench = processorstest.New(tb, topology.TransactionGroups(processorstest.Codecs(tb))[1], b.group.On)
	return b
}

func (b *bench) in(at time.Time, in *schemas.TransactionInput) schemas.Outcome {
	b.tb.Helper()
	return b.In(in.Key(), at, in)
}

func (b *bench) completed() (keys []string, done []*schemas.TransactionCompleted) {
	b.tb.Helper()
	keys, got := b.Out(topology.TransactionsCompleted)
	for _, c := range got {
		done = append(done, c.(*schemas.TransactionCompleted))
	}
	return keys, done
}

func (b *bench) counted(want string) {
	b.tb.Helper()
	require.NoError(b.tb, testutil.GatherAndCompare(b.count, bytes.NewBufferString(`
# HELP cdc_transactions_total Transactions of the database by result: completed, incomplete for too long, or late: completed after that. Repeats after a crash included.
# TYPE cdc_transactions_total counter
`+want)))
}

const commit = int64(1_799_999_999_900)

func begin() *schemas.TransactionInput {
	return &schemas.TransactionInput{TxID: 774, CommitMS: commit, Part: schemas.TransactionBegin, LSN: 100}
}

func change(table string, order int64) *schemas.TransactionInput {
	return &schemas.TransactionInput{TxID: 774, CommitMS: commit, Part: schemas.TransactionChange, LSN: 99 + order, Epoch: 1, Table: table, Order: order}
}

func end(tables ...schemas.TransactionTable) *schemas.TransactionInput {
	in := &schemas.TransactionInput{TxID: 774, CommitMS: commit, Part: schemas.TransactionEnd, LSN: 200, Tables: tables}
	for _, t := range tables {
		in.Events += t.Events
	}
	return in
}

func TestTransaction_completes_when_all_has_passed(t *testing.T) {
	b := newBench(t)
	tables := []schemas.TransactionTable{{Name: "public.likes", Events: 2}, {Name: "public.posts", Events: 1}, {Name: "public.debezium_signal", Events: 4}}
	for _, in := range []*schemas.TransactionInput{begin(), change("public.likes", 1), end(tables...), change("public.posts", 7)} {
		require.Equal(t, schemas.Applied, b.in(now, in))
		require.Equal(t, schemas.Duplicate, b.in(now, in))
		keys, _ := b.completed()
		require.Empty(t, keys)
	}
	require.Equal(t, schemas.Applied, b.in(now.Add(time.Second), change("public.likes", 2)))
	keys, done := b.completed()
	require.Equal(t, []string{"774:1799999999900"}, keys)
	require.Equal(t, &schemas.TransactionCompleted{
		TxID: 774, CommitMS: commit, Epoch: 1, FirstLSN: 100, Events: 7, CompletedMS: now.UnixMilli() + 1000, Origin: done[0].Origin,
		Tables: []schemas.TransactionTable{tables[2], tables[0], tables[1]},
	}, done[0])
	for _, in := range []*schemas.TransactionInput{begin(), change("public.likes", 2), end(tables...)} {
		require.Equal(t, schemas.Duplicate, b.in(now, in))
	}
	keys, _ = b.completed()
	require.Empty(t, keys)
	b.counted(`cdc_transactions_total{result="completed"} 1
cdc_transactions_total{result="incomplete"} 0
cdc_transactions_total{result="late"} 0
`)
}

// PostgreSQL uses numbers again: another commit is another transaction.
func TestNumber_alone_names_no_transaction(t *testing.T) {
	b := newBench(t)
	b.in(now, change("public.posts", 1))
	other := end(schemas.TransactionTable{Name: "public.posts", Events: 1})
	other.CommitMS++
	require.Equal(t, schemas.Applied, b.in(now, other))
	keys, _ := b.completed()
	require.Empty(t, keys)
}

// A row that may have been removed is as if it had.
func TestRow_is_worth_nothing_once_it_may_be_removed(t *testing.T) {
	for after, again := range map[time.Duration]bool{transactions.DefaultConfig().TransactionKeep - 1e6: false, transactions.DefaultConfig().TransactionKeep: true} {
		b := newBench(t)
		all := []*schemas.TransactionInput{change("public.posts", 1), end(schemas.TransactionTable{Name: "public.posts", Events: 1})}
		for _, at := range []time.Time{now, now.Add(after)} {
			for _, in := range all {
				b.in(at, in)
			}
		}
		keys, _ := b.completed()
		require.Equal(t, again, len(keys) == 2, "%v %v", after, keys)
	}
}

// Parts in any order, each once or more, of several transactions at a time: each completes once, with the part that was
// missing, never before.
func TestTransactions_complete_once_in_any_order(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		b := newBench(t)
		var parts []*schemas.TransactionInput
		left := map[string]map[int]bool{} // of each transaction: indexes of parts that are awaited
		for tx := range rapid.Int64Range(1, 4).Draw(rt, "transactions") {
			counts := map[string]int64{}
			key := schemas.TransactionID(tx, commit)
			left[key] = map[int]bool{}
			for order := range rapid.Int64Range(0, 6).Draw(rt, "changes") {
				table := rapid.SampledFrom([]string{"public.posts", "public.likes", "public.debezium_signal"}).Draw(rt, "table")
				counts[table]++
				c := change(table, order+1)
				c.TxID = tx
				if table != "public.debezium_signal" {
					left[key][len(parts)] = true
					parts = append(parts, c)
				}
			}
			e := end()
			e.TxID = tx
			for table, n := range counts {
				e.Tables, e.Events = append(e.Tables, schemas.TransactionTable{Name: table, Events: n}), e.Events+n
			}
			left[key][len(parts)] = true
			parts = append(parts, e)
		}
		var order []int
		for i := range parts {
			for range rapid.IntRange(1, 3).Draw(rt, "times") {
				order = append(order, i)
			}
		}
		for _, i := range rapid.Permutation(order).Draw(rt, "order") {
			key, outcome := parts[i].Key(), schemas.Duplicate
			if left[key][i] {
				outcome = schemas.Applied
			}
			last := left[key][i] && len(left[key]) == 1
			delete(left[key], i)
			require.Equal(rt, outcome, b.in(now, parts[i]))
			keys, _ := b.completed()
			if last {
				require.Equal(rt, []string{key}, keys)
			} else {
				require.Empty(rt, keys)
			}
		}
	})
}

func TestUnreadable_is_refused(t *testing.T) {
	b := newBench(t)
	require.Equal(t, schemas.Dead, b.In("774:1", now, nil))
	_, got := b.Out(topology.TransactionsDLQ)
	require.Equal(t, schemas.ReasonNullValue, got[0].(*schemas.DeadLetter).Reason)
}

func TestConfig_names_what_is_wrong(t *testing.T) {
	require.NoError(t, transactions.DefaultConfig().Validate())
	require.NoError(t, transactions.Config{TransactionKeep: 1}.Validate(), "nothing is told")
	require.ErrorContains(t, transactions.Config{TransactionTimeout: -1}.Validate(), "transaction_timeout")
	require.ErrorContains(t, transactions.Config{TransactionTimeout: 2, TransactionKeep: 2}.Validate(), "transaction_keep")
}
