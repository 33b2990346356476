package transaction_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/internal/domain/transaction"
)

func TestRanges_are_a_set(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r transaction.Ranges
		set := map[int64]bool{}
		for _, n := range rapid.SliceOf(rapid.Int64Range(1, 20)).Draw(t, "numbers") {
			var fresh bool
			r, fresh = r.With(n)
			require.Equal(t, !set[n], fresh)
			set[n] = true
			require.EqualValues(t, len(set), r.Len())
			for i, have := range r {
				require.LessOrEqual(t, have.First, have.Last)
				require.True(t, i == 0 || r[i-1].Last+1 < have.First, "%v", r)
				for m := have.First; m <= have.Last; m++ {
					require.True(t, set[m], "%v", r)
				}
			}
		}
	})
}

// part is one record about a transaction: a change, or the end.
type part struct {
	table string
	order int64
}

// Whatever the order and the repeats, a transaction is complete exactly when its end and each change of the tables that
// are awaited have passed.
func TestTransaction_is_complete_when_all_has_passed(t *testing.T) {
	awaited := func(table string) bool { return table != "foreign" }
	rapid.Check(t, func(t *rapid.T) {
		counts, parts := map[string]int64{}, []part{{}}
		n := rapid.Int64Range(1, 12).Draw(t, "events")
		for order := int64(1); order <= n; order++ {
			table := rapid.SampledFrom([]string{"a", "b", "foreign"}).Draw(t, "table")
			counts[table]++
			parts = append(parts, part{table, order})
		}
		repeats := rapid.SliceOfN(rapid.SampledFrom(parts), 0, 10).Draw(t, "repeats")
		var tx transaction.Transaction
		passed := map[part]bool{}
		for _, p := range rapid.Permutation(slices.Concat(parts, repeats)).Draw(t, "arrivals") {
			var fresh bool
			tx.At(100 + p.order)
			if p.order == 0 {
				fresh = tx.End(n, counts)
			} else {
				fresh = tx.Change(p.table, p.order)
			}
			require.Equal(t, !passed[p], fresh)
			passed[p] = true
			missing := slices.ContainsFunc(parts, func(p part) bool { return !passed[p] && awaited(p.table) })
			require.Equal(t, !missing, tx.Complete(awaited), fmt.Sprintf("%+v", tx))
		}
		require.EqualValues(t, 100, tx.FirstLSN)
		require.Equal(t, n, tx.Events)
	})
}
