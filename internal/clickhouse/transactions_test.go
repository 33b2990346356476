package clickhouse

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
)

func TestTransactions_are_there_once(t *testing.T) {
	t.Parallel()
	s := startMirror(t, "cdc_transactions")
	completed := func(txID, commit int64) mirrorRecord {
		return mirrorRecord{schemas.TransactionID(txID, commit), &schemas.TransactionCompleted{
			TxID: txID, CommitMS: commit, Epoch: 1, FirstLSN: 26_640_944, Events: 3, CompletedMS: commit + 250,
			Tables: []schemas.TransactionTable{{Name: "public.likes", Events: 2}, {Name: "public.posts", Events: 1}},
		}}
	}
	const january, february = 1_767_346_200_123, 1_769_990_400_000
	s.write(completed(774, january), completed(775, january), completed(774, february), completed(774, -1))
	s.write(completed(774, january))
	require.Equal(t, map[int64]int{3: 1}, s.dead.at)
	require.Equal(t, schemas.Accounting{In: 5, Applied: 4, Dead: 1}, s.at.meta.Accounting)
	row := func(txID, committed, completed string) string {
		return `{"id":"` + committed + "/" + txID + `","source_epoch":1,"first_lsn":26640944,"events":3,"tables":{"public.likes":2,"public.posts":1},"completed_at":"` + completed + `"}`
	}
	requireRows(t, map[string]string{
		"2026-01-02 09:30:00.123/774": row("774", "2026-01-02 09:30:00.123", "2026-01-02 09:30:00.373"),
		"2026-01-02 09:30:00.123/775": row("775", "2026-01-02 09:30:00.123", "2026-01-02 09:30:00.373"),
		"2026-02-02 00:00:00.000/774": row("774", "2026-02-02 00:00:00.000", "2026-02-02 00:00:00.250"),
	}, s.rows("SELECT concat(toString(committed_at), '/', toString(tx_id)) AS id, source_epoch, first_lsn, events, tables, completed_at FROM cdc_transactions FINAL"))
}
