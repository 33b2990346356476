package debezium_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// All that was recorded has an id of its own, however often and in whatever format it is written.
func TestEvent_has_an_id_of_its_own(t *testing.T) {
	for _, mode := range debeziumtest.Modes {
		records, results := decodeAll(t, mode)
		d := debeziumtest.Decoder(t)
		seen := map[string]debezium.Record{}
		for i, r := range results {
			if r.Event == nil {
				continue
			}
			require.Len(t, r.Event.ID, 32)
			require.NotContains(t, seen, r.Event.ID)
			seen[r.Event.ID] = records[i]

			again := records[i] // of another run of the connector
			again.Offset += 1000
			again.Partition++
			require.Equal(t, r.Event.ID, decode(t, d, again).ID)
		}
		require.Len(t, seen, 98)
	}
}

func TestEvent_id_does_not_depend_on_the_format(t *testing.T) {
	d, err := debezium.New(debezium.DefaultOptions(), nil)
	require.NoError(t, err)
	untyped := decode(t, d, debezium.Record{Key: []byte(`{"id":1}`), Value: []byte(envelopeOf(`"x"`))})
	typed := decode(t, d, debezium.Record{
		Key:   []byte(`{"schema":{"type":"struct","fields":[{"type":"int64","field":"id"}]},"payload":{"id":1}}`),
		Value: []byte(withSchema(`{"type":"string"}`, `"x"`)),
	})
	require.Equal(t, untyped, typed)
}

// Rows without a key are told apart by what is in them.
func TestEvent_without_a_key_has_an_id(t *testing.T) {
	d, err := debezium.New(debezium.DefaultOptions(), nil)
	require.NoError(t, err)
	one := decode(t, d, debezium.Record{Value: []byte(envelopeOf(`"x"`))})
	other := decode(t, d, debezium.Record{Value: []byte(envelopeOf(`"y"`))})
	require.NotEqual(t, one.ID, other.ID)
	require.Nil(t, one.Key)
}

// A delete under REPLICA IDENTITY DEFAULT has invented values beside its key; of a change of the key both halves know
// each other.
func TestEvent_of_a_delete_has_its_key_alone(t *testing.T) {
	for _, mode := range debeziumtest.Modes {
		_, results := decodeAll(t, mode)
		deletes, full, halves := 0, 0, map[string]string{}
		text := func(key debezium.Columns) string { return fmt.Sprint(key) }
		for _, e := range eventsOf(results) {
			if e.NewKey != nil {
				halves[text(e.Key)] = text(e.NewKey)
			}
		}
		require.Len(t, halves, 4)
		for _, e := range eventsOf(results) {
			switch {
			case e.Operation != debezium.Delete:
			case e.Table == "likes" || e.Table == "follows":
				require.Len(t, e.Before, len(e.Key)+map[string]int{"likes": 1, "follows": 2}[e.Table])
				full++
			default:
				require.Equal(t, e.Key, e.Before)
				deletes++
			}
			if e.OldKey != nil {
				require.Equal(t, debezium.Create, e.Operation)
				require.Equal(t, text(e.Key), halves[text(e.OldKey)])
				delete(halves, text(e.OldKey))
			}
		}
		require.Equal(t, 8, deletes)
		require.Equal(t, 4, full)
		require.Empty(t, halves)
	}
}

func TestBoundaries_of_transactions(t *testing.T) {
	for _, mode := range debeziumtest.Modes {
		_, results := decodeAll(t, mode)
		counted := map[string]map[string]int64{} // changes by transaction and table, from the changes themselves
		for _, r := range append(results, signals(t, mode)...) {
			if e := r.Event; e != nil && e.Transaction != nil {
				if counted[e.Transaction.ID] == nil {
					counted[e.Transaction.ID] = map[string]int64{}
				}
				counted[e.Transaction.ID][e.Schema+"."+e.Table]++
			}
		}
		begun, ended := map[string]bool{}, map[string]map[string]int64{}
		for _, r := range results {
			b := r.Boundary
			switch {
			case b == nil:
			case b.End:
				require.NotZero(t, b.LSN)
				require.Nil(t, ended[b.ID])
				ended[b.ID] = map[string]int64{}
				for _, c := range b.Collections {
					if strings.Contains(c.Name, "LogicalDecodingMessageId@") {
						c.Name = "." // Debezium's slip: it has a name for the object, none for a table
					}
					ended[b.ID][c.Name] = c.Events
				}
			default:
				require.False(t, begun[b.ID])
				require.Zero(t, b.Events)
				begun[b.ID] = true
			}
		}
		require.Len(t, begun, 60)
		for id := range ended {
			require.True(t, begun[id])
		}
		require.Equal(t, counted, ended, mode)
	}
}

// signals returns what the rows of the signal table say that a decoder usually skips.
func signals(t *testing.T, mode string) []debezium.Result {
	t.Helper()
	o := debezium.DefaultOptions()
	o.Signals = nil
	d, err := debezium.New(o, debeziumtest.Schemas(t))
	require.NoError(t, err)
	var results []debezium.Result
	for _, r := range debeziumtest.Records(t, mode) {
		if r.Topic == "cdc.debezium_signal" {
			result, err := d.Decode(t.Context(), r)
			require.NoError(t, err)
			results = append(results, result)
		}
	}
	require.Len(t, results, 8)
	return results
}
