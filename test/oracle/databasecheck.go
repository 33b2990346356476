package oracle

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/streams/streamstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Wrong is how many things are not what a DatabaseWorld makes of them.
type Wrong struct {
	Rows         int // of tables: other values, missing, or too many
	Posts        int // whose likes or comments differ
	Transactions int // not said to be completed, said otherwise, or said though there is none
}

// Check compares tables, scores and completed transactions with the world, and logs the first of each that differ.
func (w *DatabaseWorld) Check(tb testing.TB, cfg *config.Config) (wrong Wrong) {
	tb.Helper()
	for _, e := range topology.Entities() {
		if e.Keeper == "" {
			continue
		}
		rows, unknown := Table(tb, cfg, e)
		want, wantUnknown := w.Table(e)
		wrong.Rows += differing(tb, e.Table, want, rows) + differing(tb, e.Table+", unknown columns", wantUnknown, unknown)
	}
	codecs := registered(tb, cfg)
	posts := map[string][2]int64{}
	for id, r := range streamstest.ReadTable(tb, cfg.StreamsConfig(), string(topology.ScoresTable), codecs.ScoreRows) {
		row, ok := r.(*schemas.ScoreRow)
		require.True(tb, ok)
		posts[id] = [2]int64{row.Lifetime.Likes, row.Lifetime.Comments}
	}
	wrong.Posts = differing(tb, "likes and comments", w.Posts(), posts)
	for _, said := range completed(tb, cfg, codecs) { // once or more
		wrong.Transactions = max(wrong.Transactions, differing(tb, "transactions", w.Completed, said))
	}
	return wrong
}

// completed returns what transactions-completed says, by key: what was said first, and what was said last.
func completed(tb testing.TB, cfg *config.Config, codecs *schemas.Codecs) [2]map[string]schemas.TransactionCompleted {
	tb.Helper()
	client, err := kafka.Dial(cfg.Kafka.Brokers, "oracle")
	require.NoError(tb, err)
	defer client.Close()
	first, last := map[string]schemas.TransactionCompleted{}, map[string]schemas.TransactionCompleted{}
	for p := range cfg.Kafka.Partitions {
		require.NoError(tb, kafka.ReadPartition(tb.Context(), client, cfg.Kafka.Name(string(topology.TransactionsCompleted)), p, func(m *sarama.ConsumerMessage) error {
			value, err := codecs.TransactionsCompleted.Decode(m.Value)
			require.NoError(tb, err)
			done, ok := value.(*schemas.TransactionCompleted)
			require.True(tb, ok, "%T", value)
			said := *done
			said.Origin, said.CompletedMS = schemas.Origin{}, 0
			if _, again := first[string(m.Key)]; !again {
				first[string(m.Key)] = said
			}
			last[string(m.Key)] = said
			return nil
		}))
	}
	return [2]map[string]schemas.TransactionCompleted{first, last}
}

// differing returns for how many names two maps do not have the same.
func differing[V any](tb testing.TB, what string, want, got map[string]V) (n int) {
	tb.Helper()
	names := maps.Clone(want)
	maps.Copy(names, got)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		w, wanted := want[name]
		g, is := got[name]
		if wanted == is && reflect.DeepEqual(w, g) {
			continue
		}
		if n++; n <= 3 {
			tb.Logf("%s, %s: want %v (%t), is %v (%t)", what, name, w, wanted, g, is)
		}
	}
	return n
}
