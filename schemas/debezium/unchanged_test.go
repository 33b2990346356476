package debezium_test

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// codes are the bytes of the placeholder as numbers.
func codes(text, after string) string {
	var list []string
	for _, b := range []byte(text) {
		list = append(list, strconv.FormatUint(uint64(b), 10)+after)
	}
	return "[" + strings.Join(list, ",") + "]"
}

func TestUnchanged_value_is_told_in_all_its_shapes(t *testing.T) {
	const placeholder = "__debezium_unavailable_value"
	for _, c := range []struct{ name, connect, payload string }{
		{"text", `{"type":"string"}`, `"__debezium_unavailable_value"`},
		{"text, escaped", `{"type":"string"}`, `"\u005f_debezium_unavailable_value"`},
		{"jsonb", `{"type":"string","name":"io.debezium.data.Json"}`, `"__debezium_unavailable_value"`},
		{"bytea", `{"type":"bytes"}`, `"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="`},
		{"bytea as base64", `{"type":"string"}`, `"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ=="`},
		{"bytea as hex", `{"type":"string"}`, `"` + hex.EncodeToString([]byte(placeholder)) + `"`},
		{"text[]", `{"type":"array","items":{"type":"string"}}`, `["__debezium_unavailable_value"]`},
		{"int[]", `{"type":"array","items":{"type":"int32"}}`, codes(placeholder, "")},
		{"bigint[]", `{"type":"array","items":{"type":"int64"}}`, codes(placeholder, "")},
		{"float[]", `{"type":"array","items":{"type":"double"}}`, codes(placeholder, ".0")},
		{"uuid[]", `{"type":"array","items":{"type":"string","name":"io.debezium.data.Uuid"}}`, `["b68a35a7-17ad-35b3-af2a-ae46edb4545a"]`},
		{"hstore", `{"type":"map","keys":{"type":"string"},"values":{"type":"string"}}`, `{"__debezium_unavailable_value":"__debezium_unavailable_value"}`},
		{"hstore as json", `{"type":"string"}`, `"{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, value := range []string{withSchema(c.connect, c.payload), fmt.Sprintf(envelope, c.payload)} {
				d, err := debezium.New(debezium.DefaultOptions(), nil)
				require.NoError(t, err)
				e := decode(t, d, debezium.Record{Value: []byte(value)})
				require.Equal(t, debezium.Columns{"id": "1"}, e.After)
				require.Equal(t, []string{"c"}, e.Unchanged)

				other, err := debezium.New(debezium.Options{Unavailable: "hex:ff00"}, nil)
				require.NoError(t, err)
				e = decode(t, other, debezium.Record{Value: []byte(value)})
				require.Len(t, e.After, 2)
				require.Nil(t, e.Unchanged)
			}
		})
	}
}

func TestUnchanged_value_of_bytes(t *testing.T) {
	d, err := debezium.New(debezium.Options{Unavailable: "hex:ff00"}, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"c"}, decode(t, d, debezium.Record{Value: []byte(withSchema(`{"type":"bytes"}`, `"/wA="`))}).Unchanged)
	require.Equal(t, []string{"c"}, decode(t, d, debezium.Record{Value: []byte(fmt.Sprintf(envelope, `[-1,0]`))}).Unchanged)
}

func TestOptions_are_validated(t *testing.T) {
	require.NoError(t, debezium.DefaultOptions().Validate())
	for want, o := range map[string]debezium.Options{
		`Unavailable must be text, or hex: and bytes, got ""`:       {},
		`Unavailable must be text, or hex: and bytes, got "hex:0"`:  {Unavailable: "hex:0"},
		`Full must name tables as schema.table, got ["likes"]`:      {Unavailable: "x", Full: []string{"likes"}},
		`Signals must name tables as schema.table, got ["public."]`: {Unavailable: "x", Signals: []string{"public."}},
	} {
		_, err := debezium.New(o, nil)
		require.EqualError(t, err, "debezium: "+want)
	}
}
