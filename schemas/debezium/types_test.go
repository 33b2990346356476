package debezium_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// A key column that looks otherwise with a schema is the same in key, row and header, by whatever converters they come.
func TestKey_with_a_type_by_different_converters(t *testing.T) {
	const (
		date    = `{"type":"int32","name":"io.debezium.time.Date"}`
		decimal = `{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"2"}}`
	)
	for _, c := range []struct{ connect, raw, inHeader, want, other string }{
		{date, `20455`, `20454`, `"2026-01-02"`, `"2026-01-01"`},
		{decimal, `"MDQ="`, `-0.05`, `"123.40"`, `"-0.05"`}, // headers have decimals as numbers
	} {
		key := `{"c":` + c.raw + `}`
		typedKey := `{"schema":{"type":"struct","fields":[` + c.connect[:len(c.connect)-1] + `,"field":"c"}]},"payload":` + key + `}`
		value, typedValue := envelopeOf(c.raw), withSchema(c.connect, c.raw)
		for _, r := range []struct{ key, value, inKey, inRow, inHeader string }{
			{key, value, c.raw, c.raw, c.inHeader},
			{key, typedValue, c.want, c.want, c.other},
			{typedKey, value, c.want, c.raw, c.other},
			{typedKey, typedValue, c.want, c.want, c.other},
		} {
			d, err := debezium.New(debezium.DefaultOptions(), nil)
			require.NoError(t, err)
			record := debezium.Record{Key: []byte(r.key), Value: []byte(r.value)}
			if c.raw[0] != '"' || r.inHeader == c.other { // without any schema a number is not a text
				record.Headers = map[string][]byte{oldKey: fmt.Appendf(nil, `{"c":%s}`, c.inHeader)}
			}
			e := decode(t, d, record)
			require.Equal(t, debezium.Columns{"c": r.inKey}, e.Key)
			require.Equal(t, debezium.Columns{"id": "1", "c": r.inRow}, e.After)
			if record.Headers != nil {
				require.Equal(t, debezium.Columns{"c": r.inHeader}, e.OldKey)
			}

			record.Value = []byte(envelopeOf(`1`))
			got, err := d.Decode(t.Context(), record)
			requireRefused(t, err, got, debezium.EventProcessing)
		}
	}
}
