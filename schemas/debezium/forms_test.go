package debezium_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// column is a value as converters write it, and as it is read.
type column struct {
	name    string
	connect string // its schema in JSON
	payload string // its value in JSON
	avro    string // its schema in Avro
	native  any    // its value for goavro
	want    string
	raw     string // as it is read without schema, if not as payload
}

func logical(kind, name string) (connect, avro string) {
	kinds := map[string]string{"int32": "int", "int64": "long"}
	inAvro := kind
	if k, ok := kinds[kind]; ok {
		inAvro = k
	}
	return fmt.Sprintf(`{"type":%q,"name":%q,"version":1}`, kind, name), fmt.Sprintf(`{"type":%q,"connect.version":1,"connect.name":%q}`, inAvro, name)
}

func integerColumn(kind, name string, n int64, want string) column {
	connect, avro := logical(kind, name)
	var native any = n
	if kind == "int32" {
		native = int32(n)
	}
	return column{name: name, connect: connect, avro: avro, payload: strconv.FormatInt(n, 10), native: native, want: want}
}

func textColumn(name, value, want string) column {
	connect, avro := logical("string", name)
	quoted, _ := json.Marshal(value)
	return column{name: name, connect: connect, avro: avro, payload: string(quoted), native: value, want: want}
}

var columns = []column{
	integerColumn("int32", "io.debezium.time.Date", 20_455, `"2026-01-02"`),
	integerColumn("int32", "org.apache.kafka.connect.data.Date", -1, `"1969-12-31"`),
	integerColumn("int32", "io.debezium.time.Date", -735_160, `"-0043-03-15"`),
	integerColumn("int32", "io.debezium.time.Date", 6_585_322, `"+20000-01-01"`),
	integerColumn("int32", "io.debezium.time.Date", -719_528, `"0000-01-01"`),
	integerColumn("int32", "io.debezium.time.Date", -2_147_472_692, `"infinity"`), // as Debezium writes them
	integerColumn("int32", "io.debezium.time.Date", -2_147_472_691, `"-infinity"`),
	integerColumn("int32", "io.debezium.time.Time", 34_200_123, `"09:30:00.123000"`),
	integerColumn("int32", "org.apache.kafka.connect.data.Time", 0, `"00:00:00.000000"`),
	integerColumn("int64", "io.debezium.time.MicroTime", 34_200_123_456, `"09:30:00.123456"`),
	integerColumn("int64", "io.debezium.time.MicroTime", 86_400_000_000, `"24:00:00.000000"`),
	integerColumn("int64", "io.debezium.time.NanoTime", 34_200_123_456_789, `"09:30:00.123456789"`),
	integerColumn("int64", "io.debezium.time.Timestamp", 1_767_346_200_123, `"2026-01-02T09:30:00.123000"`),
	integerColumn("int64", "org.apache.kafka.connect.data.Timestamp", -1, `"1969-12-31T23:59:59.999000"`),
	integerColumn("int64", "io.debezium.time.MicroTimestamp", 1_767_346_200_123_456, `"2026-01-02T09:30:00.123456"`),
	integerColumn("int64", "io.debezium.time.MicroTimestamp", -1, `"1969-12-31T23:59:59.999999"`),
	integerColumn("int64", "io.debezium.time.MicroTimestamp", -63_517_824_000_000_000, `"-0043-03-15T00:00:00.000000"`),
	integerColumn("int64", "io.debezium.time.MicroTimestamp", 568_971_820_800_000_000, `"+20000-01-01T00:00:00.000000"`),
	integerColumn("int64", "io.debezium.time.NanoTimestamp", 1_767_346_200_123_456_000, `"2026-01-02T09:30:00.123456"`),
	integerColumn("int64", "io.debezium.time.Timestamp", 9_223_372_036_825_200_000, `"infinity"`),
	integerColumn("int64", "io.debezium.time.MicroTimestamp", 9_223_372_036_825_200_000, `"infinity"`),
	integerColumn("int64", "io.debezium.time.MicroTimestamp", -9_223_372_036_832_400_000, `"-infinity"`),
	integerColumn("int64", "io.debezium.time.NanoTimestamp", math.MaxInt64, `"infinity"`),
	integerColumn("int64", "io.debezium.time.NanoTimestamp", math.MinInt64, `"-infinity"`),
	integerColumn("int64", "io.debezium.time.MicroDuration", 7, `7`),
	textColumn("io.debezium.time.ZonedTimestamp", "2026-01-02T09:30:00.123456Z", `"2026-01-02T09:30:00.123456Z"`),
	textColumn("io.debezium.time.ZonedTimestamp", "2026-01-02T09:30:00Z", `"2026-01-02T09:30:00.000000Z"`),
	textColumn("io.debezium.time.ZonedTimestamp", "2026-01-02T09:30:00.12Z", `"2026-01-02T09:30:00.120000Z"`),
	textColumn("io.debezium.time.ZonedTimestamp", "infinity", `"infinity"`),
	textColumn("io.debezium.time.ZonedTimestamp", "-infinity", `"-infinity"`),
	textColumn("io.debezium.time.ZonedTimestamp", "-0043-03-15T00:00:00Z", `"-0043-03-15T00:00:00.000000Z"`),
	textColumn("io.debezium.time.ZonedTimestamp", "+20000-01-01T00:00:00.5Z", `"+20000-01-01T00:00:00.500000Z"`),
	textColumn("io.debezium.time.ZonedTime", "09:30:00.1Z", `"09:30:00.100000Z"`),
	textColumn("io.debezium.data.Uuid", "24c9e15e-52af-c47c-225b-757e7bee1f9d", `"24c9e15e-52af-c47c-225b-757e7bee1f9d"`),
	textColumn("io.debezium.data.Json", `{"a": [1, "b"]}`, `"{\"a\": [1, \"b\"]}"`),
	textColumn("io.debezium.data.Enum", "published", `"published"`),
	textColumn("text", "Zoë 👩‍👩‍👧‍👦 \x01\u2028\"\\/<&>", "\"Zoë 👩‍👩‍👧‍👦 \\u0001\u2028\\\"\\\\/<&>\""),
	{"boolean", `{"type":"boolean"}`, `true`, `"boolean"`, true, `true`, ""},
	{"int16", `{"type":"int16"}`, `-7`, `{"type":"int","connect.type":"int16"}`, int32(-7), `-7`, ""},
	{"double", `{"type":"double"}`, `1.50`, `"double"`, 1.5, `1.5`, ""},
	{"float", `{"type":"float"}`, `0.1`, `"float"`, float32(0.1), `0.1`, ""},
	{"NaN", `{"type":"double"}`, `"NaN"`, `"double"`, math.NaN(), `"NaN"`, ""},
	{"-Infinity", `{"type":"float"}`, `"-Infinity"`, `"float"`, float32(math.Inf(-1)), `"-Infinity"`, ""},
	decimalColumn("12.340", 3, "MDQ=", []byte{0x30, 0x34}),
	decimalColumn("-0.05", 2, "+w==", []byte{0xfb}),
	decimalColumn("0.00", 2, "AA==", []byte{0}),
	decimalColumn("-12800", -2, "gA==", []byte{0x80}),
	{
		"numeric without scale",
		`{"type":"struct","name":"io.debezium.data.VariableScaleDecimal","version":1,"fields":[{"type":"int32","field":"scale"},{"type":"bytes","field":"value"}]}`,
		`{"scale":3,"value":"MDQ="}`,
		`{"type":"record","name":"VariableScaleDecimal","namespace":"io.debezium.data","connect.name":"io.debezium.data.VariableScaleDecimal","fields":[{"name":"scale","type":"int"},{"name":"value","type":"bytes"}]}`,
		map[string]any{"scale": int32(3), "value": []byte{0x30, 0x34}},
		`"12.340"`, "",
	},
	{"bytea", `{"type":"bytes"}`, `"AP8="`, `"bytes"`, []byte{0, 255}, `"AP8="`, ""},
	{"bits", `{"type":"bytes","name":"io.debezium.data.Bits","parameters":{"length":"9"}}`, `"BQE="`, `{"type":"bytes","connect.name":"io.debezium.data.Bits"}`, []byte{5, 1}, `"BQE="`, ""},
	{"text[]", `{"type":"array","items":{"type":"string","optional":true}}`, `["a", null]`, `{"type":"array","items":["null","string"]}`, []any{goavro.Union("string", "a"), nil}, `["a",null]`, `["a",null]`},
	{
		"date[]",
		`{"type":"array","items":{"type":"int32","name":"io.debezium.time.Date"}}`, `[20455]`,
		`{"type":"array","items":{"type":"int","connect.name":"io.debezium.time.Date"}}`,
		[]any{int32(20_455)},
		`["2026-01-02"]`, "",
	},
	{"hstore", `{"type":"map","keys":{"type":"string"},"values":{"type":"string","optional":true}}`, `{"b":null,"a":"1"}`, `{"type":"map","values":["null","string"]}`, map[string]any{"b": nil, "a": goavro.Union("string", "1")}, `{"a":"1","b":null}`, ""},
	{
		"geometry",
		`{"type":"struct","name":"io.debezium.data.geometry.Geometry","fields":[{"type":"bytes","field":"wkb"},{"type":"int32","optional":true,"field":"srid"}]}`,
		`{"wkb":"AP8=","srid":4326}`,
		`{"type":"record","name":"Geometry","connect.name":"io.debezium.data.geometry.Geometry","fields":[{"name":"wkb","type":"bytes"},{"name":"srid","type":["null","int"]}]}`,
		map[string]any{"wkb": []byte{0, 255}, "srid": goavro.Union("int", int32(4326))},
		`{"wkb":"AP8=","srid":4326}`, "",
	},
}

func decimalColumn(want string, scale int, encoded string, b []byte) column {
	return column{
		name:    "numeric " + want,
		connect: fmt.Sprintf(`{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal","parameters":{"scale":"%d","connect.decimal.precision":"9"}}`, scale),
		payload: `"` + encoded + `"`,
		avro:    fmt.Sprintf(`{"type":"bytes","scale":%d,"precision":9,"connect.parameters":{"scale":"%d"},"connect.name":"org.apache.kafka.connect.data.Decimal","logicalType":"decimal"}`, scale, scale),
		native:  b, want: `"` + want + `"`,
	}
}

func TestColumns_have_one_form(t *testing.T) {
	registry := debeziumtest.Registry{}
	d, err := debezium.New(debezium.DefaultOptions(), registry)
	require.NoError(t, err)
	for i, c := range columns {
		t.Run(fmt.Sprint(c.name, " ", c.want), func(t *testing.T) {
			typed := debezium.Record{Value: []byte(withSchema(c.connect, c.payload))}
			require.Equal(t, debezium.Columns{"id": "1", "c": c.want}, decode(t, d, typed).After)

			spec := envelopeIn(c.avro)
			id := i + 1
			registry[id] = spec
			codec, err := goavro.NewCodec(strings.ReplaceAll(spec, `"logicalType":"decimal"`, `"doc":""`))
			require.NoError(t, err)
			bytes, err := codec.BinaryFromNative(binary.BigEndian.AppendUint32([]byte{0}, uint32(id)), nativeEnvelope(c.native))
			require.NoError(t, err)
			require.Equal(t, debezium.Columns{"id": "1", "c": c.want}, decode(t, d, debezium.Record{Value: bytes}).After)

			raw := c.raw
			if raw == "" {
				raw = canonical(t, c.payload)
			}
			untyped := debezium.Record{Value: []byte(fmt.Sprintf(envelope, c.payload))}
			require.Equal(t, debezium.Columns{"id": "1", "c": raw}, decode(t, d, untyped).After)
		})
	}
}
