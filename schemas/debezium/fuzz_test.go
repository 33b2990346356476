package debezium_test

import (
	"encoding/json"
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// Whatever the bytes are: an error of a kind, or a record whose columns are JSON; never a panic.
func fuzz(f *testing.F, modes ...string) {
	f.Helper()
	for _, mode := range modes {
		for i, r := range debeziumtest.Records(f, mode) {
			if i%5 == 0 && len(r.Value) < 4096 {
				f.Add(r.Key, r.Value, r.Headers[newKey])
			}
		}
	}
	d := debeziumtest.Decoder(f)
	f.Fuzz(func(t *testing.T, key, value, header []byte) {
		r := debezium.Record{Key: key, Value: value}
		if len(header) > 0 {
			r.Headers = map[string][]byte{newKey: header, oldKey: header}
		}
		got, err := d.Decode(t.Context(), r)
		if err != nil {
			bad, is := errors.AsType[*debezium.Error](err)
			require.True(t, is)
			require.Contains(t, []debezium.Kind{debezium.Connector, debezium.SchemaMismatch, debezium.EventProcessing}, bad.Kind)
			require.Zero(t, got)
			require.True(t, utf8.ValidString(err.Error()))
			return
		}
		again, err := d.Decode(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, got, again)
		if e := got.Event; e != nil {
			require.Len(t, e.ID, 32)
			require.NotZero(t, e.Source.Position)
			for _, columns := range []debezium.Columns{e.Key, e.Before, e.After, e.OldKey, e.NewKey} {
				for name, text := range columns {
					require.True(t, utf8.ValidString(name))
					require.True(t, json.Valid([]byte(text)), text)
				}
			}
		}
	})
}

func FuzzJSON(f *testing.F) { fuzz(f, "json-noschema", "json-schema") }

func FuzzAvro(f *testing.F) { fuzz(f, "avro") }
