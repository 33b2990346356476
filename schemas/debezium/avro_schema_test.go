package debezium_test

import (
	"encoding/binary"
	"errors"
	"testing"

	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// A column with a default has, by some converters, one that the library refuses: it is read all the same.
func TestAvroSchema_with_defaults_that_the_library_refuses(t *testing.T) {
	for _, c := range []struct {
		column string // with its default
		plain  string // how the bytes lie
		native any
		want   string
	}{
		{`{"type":"bytes","connect.default":"\u0007"},"default":7`, `"bytes"`, []byte{7}, `"Bw=="`},
		{`{"type":"bytes","connect.parameters":{"scale":"2"},"connect.name":"org.apache.kafka.connect.data.Decimal"},"default":0`, `"bytes"`, []byte{7}, `"0.07"`},
		{`["bytes","null"],"default":7`, `["bytes","null"]`, goavro.Union("bytes", []byte{7}), `"Bw=="`},
		{`{"type":"int","connect.name":"io.debezium.time.Date"},"default":"1970-01-01"`, `"int"`, int32(7), `"1970-01-08"`},
	} {
		spec := envelopeIn(c.column)
		_, err := goavro.NewCodec(spec)
		require.ErrorContains(t, err, "default value ought to", "the library does not need help any more")

		codec, err := goavro.NewCodec(envelopeIn(c.plain))
		require.NoError(t, err)
		data, err := codec.BinaryFromNative([]byte{0, 0, 0, 0, 1}, nativeEnvelope(c.native))
		require.NoError(t, err)
		d, err := debezium.New(debezium.DefaultOptions(), debeziumtest.Registry{1: spec})
		require.NoError(t, err)
		require.Equal(t, c.want, decode(t, d, debezium.Record{Value: data}).After["c"])
	}
}

func TestAvroSchema_that_is_none_is_a_mismatch(t *testing.T) {
	for name, spec := range map[string]string{
		"no JSON":            `{`,
		"no record":          `"string"`,
		"holds itself":       `{"type":"record","name":"R","fields":[{"name":"r","type":"R"}]}`,
		"a union of two":     envelopeIn(`["string","long"]`),
		"a union of nothing": envelopeIn(`["null"]`),
		"an unknown type":    envelopeIn(`"datetime"`),
		"an unknown name":    envelopeIn(`"Other"`),
		"no items":           envelopeIn(`{"type":"array"}`),
		"no scale":           envelopeIn(`{"type":"bytes","connect.name":"org.apache.kafka.connect.data.Decimal"}`),
		"no symbols":         envelopeIn(`{"type":"enum","name":"E"}`),
		"a field twice":      `{"type":"record","name":"R","fields":[{"name":"r","type":"int"},{"name":"r","type":"int"}]}`,
	} {
		d, err := debezium.New(debezium.DefaultOptions(), debeziumtest.Registry{1: spec})
		require.NoError(t, err)
		got, err := d.Decode(t.Context(), debezium.Record{Value: []byte("\x00\x00\x00\x00\x01\x00")})
		requireRefused(t, err, got, debezium.SchemaMismatch, name)
	}
}

// A record that names more items than any record holds is refused before memory is taken for them.
func TestAvro_with_a_damaged_count_of_items(t *testing.T) {
	spec := `{"type":"record","name":"R","fields":[{"name":"r","type":{"type":"array","items":"long"}}]}`
	d, err := debezium.New(debezium.DefaultOptions(), debeziumtest.Registry{1: spec})
	require.NoError(t, err)
	data := binary.AppendVarint([]byte{0, 0, 0, 0, 1}, 1<<30)
	_, err = d.Decode(t.Context(), debezium.Record{Value: data})
	bad, is := errors.AsType[*debezium.Error](err)
	require.True(t, is)
	require.Equal(t, debezium.EventProcessing, bad.Kind)
	require.ErrorContains(t, err, "MaxBlockCount")
}

// Key and value may come by different converters.
func TestDecoder_reads_keys_of_another_format(t *testing.T) {
	registry := debeziumtest.Registry{
		1: `{"type":"record","name":"Key","fields":[{"name":"id","type":"long"}]}`,
		2: envelopeIn(`"string"`),
	}
	d, err := debezium.New(debezium.DefaultOptions(), registry)
	require.NoError(t, err)
	keys, values := map[string][]byte{}, map[string][]byte{}
	keys["json"], values["json"] = []byte(`{"id":1}`), []byte(envelopeOf(`"x"`))
	keys["schema"] = []byte(`{"schema":{"type":"struct","fields":[{"type":"int64","field":"id"}]},"payload":{"id":1}}`)
	values["schema"] = []byte(withSchema(`{"type":"string"}`, `"x"`))
	keys["avro"] = []byte("\x00\x00\x00\x00\x01\x02")
	codec, err := goavro.NewCodec(registry[2])
	require.NoError(t, err)
	values["avro"], err = codec.BinaryFromNative([]byte{0, 0, 0, 0, 2}, nativeEnvelope("x"))
	require.NoError(t, err)

	want := decode(t, d, debezium.Record{Key: keys["json"], Value: values["json"]})
	require.Equal(t, debezium.Columns{"id": "1"}, want.Key)
	for k, key := range keys {
		for v, value := range values {
			require.Equal(t, want, decode(t, d, debezium.Record{Key: key, Value: value}), "key %s, value %s", k, v)
		}
	}
}
