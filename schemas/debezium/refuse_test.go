package debezium_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

func TestDecoder_says_what_is_wrong(t *testing.T) {
	whole := envelopeOf(`"x"`)
	with := func(old, new string) string {
		require.Contains(t, whole, old)
		return strings.Replace(whole, old, new, 1)
	}
	for name, c := range map[string]struct {
		value string
		kind  debezium.Kind
		want  string
	}{
		"a name twice":           {with(`"id":1,`, `"id":1,"id":1,`), debezium.EventProcessing, `duplicate object member name`},
		"a name twice, deep":     {envelopeOf(`{"a":1,"a":2}`), debezium.EventProcessing, `duplicate object member name`},
		"bytes after the end":    {whole + "{}", debezium.EventProcessing, `more after its end`},
		"rubbish after the end":  {whole + "}", debezium.EventProcessing, `more after its end`},
		"not UTF-8":              {envelopeOf("\"\xff\""), debezium.EventProcessing, `invalid UTF-8`},
		"half a surrogate":       {envelopeOf(`"\ud800"`), debezium.EventProcessing, `not JSON`},
		"empty":                  {"", debezium.EventProcessing, `value: empty`},
		"no format":              {"hello", debezium.Connector, `neither JSON nor Avro in a frame: "hello"`},
		"a flat row":             {`{"id":1,"__deleted":"false"}`, debezium.Connector, `not an envelope of Debezium`},
		"an id of 8 bytes":       {"\x00\x00\x00\x00\x00\x00\x00\x00\x07", debezium.Connector, `an id of eight bytes`},
		"another database":       {with("postgresql", "mysql"), debezium.Connector, `"mysql", not postgresql`},
		"an operation":           {with(`"op":"c"`, `"op":"x"`), debezium.EventProcessing, `op: "x" is unknown`},
		"no row":                 {with(`{"id":1,"c":"x"}`, `null`), debezium.EventProcessing, `c with a row before, or none after`},
		"a row before":           {with(`"before":null`, `"before":{"id":1}`), debezium.EventProcessing, `c with a row before, or none after`},
		"a truncate with a row":  {with(`"op":"c"`, `"op":"t"`), debezium.EventProcessing, `a truncate with a row`},
		"an update, no key":      {with(`"op":"c"`, `"op":"u"`), debezium.Connector, `no key, and public.things is not said to have REPLICA IDENTITY FULL`},
		"no position":            {with(`"[\"90\",\"100\"]","schema":"public","table":"things","txId":7,"lsn":100`, `"[null,null]","schema":"public","table":"things","txId":7,"lsn":0`), debezium.EventProcessing, `no position in the log`},
		"a bad sequence":         {with(`[\"90\",\"100\"]`, `100`), debezium.EventProcessing, `source.sequence: 100 is not two positions`},
		"no place among commits": {with(`"[\"90\",\"100\"]"`, `null`), debezium.EventProcessing, `source.sequence: null`},
		"a snapshot's c":         {with(`"snapshot":"false"`, `"snapshot":"true"`), debezium.EventProcessing, `"true" for op c`},
		"no member":              {with(`"txId":7,`, ``), debezium.SchemaMismatch, `source.txId: missing`},
		"a fraction":             {with(`"lsn":100`, `"lsn":100.5`), debezium.SchemaMismatch, `source.lsn: 100.5 is not an integer`},
		"a transaction":          {with(`"transaction":null`, `"transaction":{"id":"7","total_order":1,"data_collection_order":1}`), debezium.EventProcessing, `transaction.id: "7" is not number:lsn`},
		"null where none is":     {withSchema(`{"type":"string"}`, `null`), debezium.SchemaMismatch, `after: c: null, which its schema does not allow`},
		"a number for a text":    {withSchema(`{"type":"string"}`, `7`), debezium.SchemaMismatch, `after: c: 7 is not what its schema says`},
		"too large":              {withSchema(`{"type":"int16"}`, `40000`), debezium.SchemaMismatch, `40000 is not what its schema says`},
		"a time beyond the day":  {withSchema(`{"type":"int64","name":"io.debezium.time.MicroTime"}`, `86400000001`), debezium.SchemaMismatch, `not within a day`},
		"a decimal, no scale":    {withSchema(`{"type":"bytes","name":"org.apache.kafka.connect.data.Decimal"}`, `"AA=="`), debezium.SchemaMismatch, `a decimal without a scale`},
		"a type of another":      {withSchema(`{"type":"string","name":"io.debezium.time.Date"}`, `"x"`), debezium.SchemaMismatch, `has io.debezium.time.Date as another type`},
		"an unknown type":        {withSchema(`{"type":"uint7"}`, `1`), debezium.SchemaMismatch, `unknown type "uint7"`},
		"an impossible schema":   {"\x00\xff\xff\xff\xff", debezium.SchemaMismatch, `beyond all ids`},
		"an unknown schema":      {"\x00\x00\x00\x00\x07", debezium.SchemaMismatch, `schema 7`},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := debezium.New(debezium.DefaultOptions(), debeziumtest.Registry{})
			require.NoError(t, err)
			got, err := d.Decode(t.Context(), debezium.Record{Topic: "cdc.things", Partition: 3, Offset: 9, Value: []byte(c.value)})
			requireRefused(t, err, got, c.kind, name)
			require.ErrorContains(t, err, "cdc.things/3 at 9: ")
			require.ErrorContains(t, err, c.want)
		})
	}
}

type closed struct{}

var errClosed = errors.New("connection refused")

func (closed) ByID(context.Context, int) (string, error) { return "", errClosed }

func TestDecoder_without_a_registry_refuses_Avro(t *testing.T) {
	d, err := debezium.New(debezium.DefaultOptions(), nil)
	require.NoError(t, err)
	got, err := d.Decode(t.Context(), debezium.Record{Value: []byte("\x00\x00\x00\x00\x07")})
	requireRefused(t, err, got, debezium.Connector)
}

// A registry that cannot be reached says nothing about a record.
func TestDecoder_tells_an_outage_from_a_bad_record(t *testing.T) {
	d, err := debezium.New(debezium.DefaultOptions(), closed{})
	require.NoError(t, err)
	_, err = d.Decode(t.Context(), debezium.Record{Value: []byte("\x00\x00\x00\x00\x07")})
	require.ErrorIs(t, err, errClosed)
	_, is := errors.AsType[*debezium.Error](err)
	require.False(t, is)
}
