package debezium_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// Of every recorded change Peek says the same as Decode, and still does when its rows contradict each other.
func TestPeek_says_where_a_refused_record_belongs(t *testing.T) {
	d := debeziumtest.Decoder(t)
	peeked, broken := 0, 0
	for _, mode := range debeziumtest.Modes {
		for _, r := range debeziumtest.Records(t, mode) {
			result, err := d.Decode(t.Context(), r)
			require.NoError(t, err)
			got := d.Peek(t.Context(), r)
			if result.Event == nil || result.Event.Transaction == nil {
				require.True(t, got == nil || result.Skip == debezium.Signal, "%s/%d at %d", r.Topic, r.Partition, r.Offset)
				continue
			}
			same := func() {
				t.Helper()
				require.NotNil(t, got)
				require.Equal(t, []any{result.Event.Source, result.Event.Transaction, result.Event.Schema, result.Event.Table},
					[]any{got.Source, got.Transaction, got.Schema, got.Table})
				peeked++
			}
			same()
			if mode != "avro" && result.Event.Operation == debezium.Create {
				r.Value = []byte(strings.Replace(string(r.Value), `"op":"c"`, `"op":"d"`, 1))
				_, err := d.Decode(t.Context(), r)
				require.Error(t, err)
				got = d.Peek(t.Context(), r)
				same()
				broken++
			}
		}
	}
	require.Equal(t, []int{274, 70}, []int{peeked, broken})
	require.Nil(t, d.Peek(t.Context(), debezium.Record{Value: []byte("{")}))
}
