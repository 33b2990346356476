package debezium_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// decodeAll returns what each record of a mode says; every one must say something.
func decodeAll(t *testing.T, mode string) (records []debezium.Record, results []debezium.Result) {
	t.Helper()
	d := debeziumtest.Decoder(t)
	records = debeziumtest.Records(t, mode)
	for _, r := range records {
		result, err := d.Decode(t.Context(), r)
		require.NoError(t, err)
		results = append(results, result)
	}
	return records, results
}

func TestDecoder_reads_all_that_was_recorded(t *testing.T) {
	for mode, heartbeats := range map[string]int{"json-noschema": 9, "json-schema": 21, "avro": 9} {
		t.Run(mode, func(t *testing.T) {
			records, results := decodeAll(t, mode)
			counts := map[string]int{}
			for i, r := range results {
				what := string(r.Skip)
				switch {
				case r.Event != nil:
					what = strings.TrimPrefix(records[i].Topic, "cdc.") + " " + string(r.Event.Operation)
				case r.Boundary != nil:
					what = map[bool]string{false: "begin", true: "end"}[r.Boundary.End]
				}
				counts[what]++
			}
			require.Equal(t, map[string]int{
				"heartbeat": heartbeats, "signal": 8, "tombstone": 12, "begin": 60, "end": 60,
				"comments c": 7, "comments d": 4, "comments r": 2,
				"follows c": 2, "follows d": 1, "follows r": 2, "follows t": 1, "follows u": 2,
				"likes c": 10, "likes d": 3, "likes r": 2, "likes t": 1, "likes u": 1,
				"message m": 2,
				"posts c":   6, "posts d": 2, "posts r": 10, "posts u": 9,
				"token_revocation c": 5, "token_revocation d": 1, "token_revocation r": 1, "token_revocation t": 1, "token_revocation u": 1,
				"users c": 5, "users d": 1, "users r": 12, "users u": 4,
			}, counts)
		})
	}
}

// What differs from run to run: the log, transactions, clocks.
func TestDecoder_reads_the_same_in_each_format(t *testing.T) {
	var want []debezium.Event
	for _, mode := range debeziumtest.Modes {
		_, results := decodeAll(t, mode)
		got := normal(t, results)
		require.Len(t, got, 98)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, mode)
	}
}

// normal returns the events in the order of the log, with ranks for what differs from run to run.
func normal(t *testing.T, results []debezium.Result) []debezium.Event {
	t.Helper()
	events := eventsOf(results)
	sortByLog(events)
	positions, transactions := map[uint64]uint64{}, map[int64]int64{0: 0}
	var list []debezium.Event
	for _, e := range events {
		n := *e
		rank(positions, n.Source.Position, uint64(len(positions))+1)
		rank(transactions, n.Source.TxID, int64(len(transactions)))
		if n.Source.LSN != 0 {
			require.Equal(t, n.Source.Position, n.Source.LSN)
			n.Source.LSN = positions[n.Source.Position]
		}
		require.WithinRange(t, time.UnixMilli(n.TsMS), time.UnixMilli(n.Source.TsMS), time.UnixMilli(n.Source.TsMS+5_000))
		n.ID, n.TsMS, n.Source.TsMS = "", 0, 0
		if n.Transaction != nil {
			copied := *n.Transaction
			require.Equal(t, strconv.FormatInt(n.Source.TxID, 10), copied.ID)
			copied.ID, n.Transaction = "", &copied
		}
		require.LessOrEqual(t, n.Source.Committed, e.Source.Position) // no other transaction was under way
		n.Source.Committed = 0
		n.Source.Position, n.Source.TxID = positions[n.Source.Position], transactions[n.Source.TxID]
		for name, text := range n.After {
			if strings.HasPrefix(text, `"2026-11-24T`) { // now() of the run
				require.Len(t, text, len(`"2026-11-24T03:19:04.491153Z"`))
				n.After[name] = "now"
			}
		}
		list = append(list, n)
	}
	return list
}

func rank[K comparable](ranks map[K]K, of, next K) {
	if _, ok := ranks[of]; !ok {
		ranks[of] = next
	}
}

func eventsOf(results []debezium.Result) []*debezium.Event {
	var events []*debezium.Event
	for _, r := range results {
		if r.Event != nil {
			events = append(events, r.Event)
		}
	}
	return events
}

// sortByLog sorts by position, and by order within the transaction where that is the same.
func sortByLog(events []*debezium.Event) {
	order := func(e *debezium.Event) int64 {
		if e.Transaction == nil {
			return 0
		}
		return e.Transaction.TotalOrder
	}
	slices.SortFunc(events, func(a, b *debezium.Event) int {
		return cmp.Or(cmp.Compare(a.Source.Position, b.Source.Position), cmp.Compare(order(a), order(b)),
			cmp.Compare(a.Table, b.Table), cmp.Compare(fmt.Sprint(a.Key), fmt.Sprint(b.Key)))
	})
}
