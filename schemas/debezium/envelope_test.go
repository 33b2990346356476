package debezium_test

import (
	"fmt"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// envelope is an insert of a row with columns id and c, whose value is to be filled in.
const envelope = `{"before":null,"after":{"id":1,"c":%s},"source":{"version":"3.7.0.Final","connector":"postgresql","name":"cdc",` +
	`"ts_ms":1000,"snapshot":"false","db":"nova","sequence":"[\"90\",\"100\"]","schema":"public","table":"things","txId":7,"lsn":100},` +
	`"transaction":null,"op":"c","ts_ms":2000}`

// withSchema returns the same with its schema; connect is that of column c.
func withSchema(connect, payload string) string {
	row := `{"type":"struct","optional":true,"fields":[{"type":"int64","field":"id"},` + connect[:len(connect)-1] + `,"field":"c"}],"field":"%s"}`
	return `{"schema":{"type":"struct","fields":[` + fmt.Sprintf(row, "before") + "," + fmt.Sprintf(row, "after") + `,{"type":"struct","fields":[` +
		`{"type":"string","field":"version"},{"type":"string","field":"connector"},{"type":"string","field":"name"},{"type":"int64","field":"ts_ms"},` +
		`{"type":"string","optional":true,"field":"snapshot"},{"type":"string","field":"db"},{"type":"string","optional":true,"field":"sequence"},` +
		`{"type":"string","field":"schema"},{"type":"string","field":"table"},{"type":"int64","optional":true,"field":"txId"},{"type":"int64","optional":true,"field":"lsn"}` +
		`],"field":"source"},{"type":"struct","optional":true,"fields":[],"field":"transaction"},{"type":"string","field":"op"},{"type":"int64","optional":true,"field":"ts_ms"}]},` +
		`"payload":` + fmt.Sprintf(envelope, payload) + `}`
}

// envelopeIn returns a writer's schema for the same in Avro.
func envelopeIn(column string) string {
	return `{"type":"record","name":"Envelope","namespace":"cdc.public.things","fields":[` +
		`{"name":"before","type":["null",{"type":"record","name":"Value","fields":[{"name":"id","type":"long"},{"name":"c","type":` + column + `}]}],"default":null},` +
		`{"name":"after","type":["null","Value"],"default":null},` +
		`{"name":"source","type":{"type":"record","name":"Source","namespace":"io.debezium.connector.postgresql","fields":[` +
		`{"name":"connector","type":"string"},{"name":"name","type":"string"},{"name":"ts_ms","type":"long"},{"name":"snapshot","type":["string","null"],"default":"false"},` +
		`{"name":"sequence","type":["null","string"]},{"name":"schema","type":"string"},{"name":"table","type":"string"},{"name":"txId","type":["null","long"]},{"name":"lsn","type":["null","long"]}]}},` +
		`{"name":"op","type":"string"},{"name":"ts_ms","type":["null","long"]}]}`
}

func nativeEnvelope(column any) map[string]any {
	return map[string]any{
		"before": nil, "after": goavro.Union("cdc.public.things.Value", map[string]any{"id": int64(1), "c": column}),
		"source": map[string]any{
			"connector": "postgresql", "name": "cdc", "ts_ms": int64(1000), "snapshot": goavro.Union("string", "false"),
			"sequence": goavro.Union("string", `["90","100"]`), "schema": "public", "table": "things",
			"txId": goavro.Union("long", int64(7)), "lsn": goavro.Union("long", int64(100)),
		},
		"op": "c", "ts_ms": goavro.Union("long", int64(2000)),
	}
}

// decode returns the event of a record that must be one.
func decode(t *testing.T, d *debezium.Decoder, r debezium.Record) *debezium.Event {
	t.Helper()
	result, err := d.Decode(t.Context(), r)
	require.NoError(t, err)
	require.NotNil(t, result.Event)
	return result.Event
}

func canonical(t *testing.T, text string) string {
	t.Helper()
	formatted, err := jsontext.AppendFormat(nil, text)
	require.NoError(t, err)
	return string(formatted)
}

func envelopeOf(payload string) string { return fmt.Sprintf(envelope, payload) }
