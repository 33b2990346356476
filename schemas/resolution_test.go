package schemas_test

import (
	"maps"
	"testing"
	"time"

	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// written frames native as another library writes it with a schema of its own, registered for the purpose.
func written(t *testing.T, r *registrar, schema string, native map[string]any) []byte {
	t.Helper()
	codec, err := goavro.NewCodec(schema)
	require.NoError(t, err)
	data, err := codec.BinaryFromNative([]byte{0, 0, 0, 0, byte(r.add(schema))}, native)
	require.NoError(t, err)
	return data
}

func TestOtherWritersOfEvents(t *testing.T) {
	c, r := newCodecs(t)
	minimum := func(changes map[string]any) map[string]any {
		native := map[string]any{"event_time": int64(1420070400123), "user_id": "u", "post_id": "p", "action": "like"}
		maps.Copy(native, changes)
		return native
	}
	const action = `{"name":"action","type":{"type":"enum","name":"Action","symbols":["like","view","repost"]}}`
	record := func(name, fields string) string {
		return `{"type":"record","name":"` + name + `","fields":[` + fields + `]}`
	}
	const ids = `{"name":"user_id","type":"string"},{"name":"post_id","type":"string"}`
	const at = `{"name":"event_time","type":"long"}`

	for name, tc := range map[string]struct {
		schema string
		native map[string]any
		want   schemas.Event
	}{
		"the least, another order, enum in another order": {
			record("Event", action+`,`+ids+`,`+at), minimum(nil),
			schemas.Event{EventTime: 1420070400123, UserID: "u", PostID: "p", Action: engagement.Like},
		},
		"namespace of its own": {
			record("com.example.app.Event", action+`,`+ids+`,`+at), minimum(map[string]any{"action": "view"}),
			schemas.Event{EventTime: 1420070400123, UserID: "u", PostID: "p", Action: engagement.View},
		},
		"our own schema, null for what is optional": {
			readAll(t, "avro")["event"],
			minimum(map[string]any{"event_id": nil, "author_id": nil, "dwell_ms": nil, "device": nil, "app_ver": nil, "comment_id": nil, "event_time": time.UnixMilli(5)}),
			schemas.Event{EventTime: 5, UserID: "u", PostID: "p", Action: engagement.Like},
		},
		"fields we do not have": {
			record("Event", `{"name":"session","type":["null",{"type":"array","items":"string"}]},`+ids+`,`+at+`,`+action+`,{"name":"geo","type":{"type":"map","values":"double"}}`),
			minimum(map[string]any{"session": goavro.Union("array", []any{"a", "b"}), "geo": map[string]any{"lat": 1.5}}),
			schemas.Event{EventTime: 1420070400123, UserID: "u", PostID: "p", Action: engagement.Like},
		},
		"int for long": {
			record("Event", `{"name":"event_time","type":"int"},{"name":"dwell_ms","type":"int"},`+ids+`,`+action),
			minimum(map[string]any{"event_time": int32(2_000_000_000), "dwell_ms": int32(77)}),
			schemas.Event{EventTime: 2_000_000_000, UserID: "u", PostID: "p", Action: engagement.Like, DwellMS: 77},
		},
		"text that is not optional, bytes for text": {
			record("Event", ids+`,`+at+`,`+action+`,{"name":"event_id","type":"string"},{"name":"device","type":"bytes"}`),
			minimum(map[string]any{"event_id": "e", "device": []byte("phone")}),
			schemas.Event{EventID: "e", EventTime: 1420070400123, UserID: "u", PostID: "p", Action: engagement.Like, Device: "phone"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := written(t, r, tc.schema, tc.native)
			want := tc.want
			want.Raw = data
			if want.EventID == "" {
				want.EventID = schemas.DeriveEventID(want.UserID, want.PostID, want.Action, want.EventTime)
			}
			require.Equal(t, &want, decode(t, c.Events, data))
		})
	}

	for name, tc := range map[string]struct {
		schema string
		native map[string]any
		reason schemas.Reason
		detail string
	}{
		"an action we do not know": {
			record("Event", action+`,`+ids+`,`+at), minimum(map[string]any{"action": "repost"}),
			schemas.ReasonInvalidField, "action: unknown",
		},
		"no time": {record("Event", ids+`,`+action), minimum(nil), schemas.ReasonMissingField, "event_time"},
		"no user": {record("Event", `{"name":"post_id","type":"string"},`+at+`,`+action), minimum(nil), schemas.ReasonMissingField, "user_id"},
		"user as number": {
			record("Event", `{"name":"user_id","type":"long"},{"name":"post_id","type":"string"},`+at+`,`+action),
			minimum(map[string]any{"user_id": int64(7)}), schemas.ReasonWrongType, "user_id",
		},
		"user may be null": {
			record("Event", `{"name":"user_id","type":["null","string"]},{"name":"post_id","type":"string"},`+at+`,`+action),
			minimum(map[string]any{"user_id": goavro.Union("string", "u")}), schemas.ReasonWrongType, "user_id",
		},
		"action as text": {
			record("Event", ids+`,`+at+`,{"name":"action","type":"string"}`), minimum(nil), schemas.ReasonWrongType, "action",
		},
		"another record": {record("Order", ids+`,`+at+`,`+action), minimum(nil), schemas.ReasonWrongType, "record names do not match"},
	} {
		t.Run(name, func(t *testing.T) {
			data := written(t, r, tc.schema, tc.native)
			requireUnreadable(t, decode(t, c.Events, data), tc.reason, tc.detail, data)
		})
	}
}

// A reader of today meets an engagement of tomorrow: one more field, a wider number, an action it does not know.
func TestNewerWriterOfEngagements(t *testing.T) {
	c, r := newCodecs(t)
	const schema = `{"type":"record","name":"Engagement","namespace":"nova","fields":[
		{"name":"post_id","type":"string"},
		{"name":"weight","type":"double","default":1},
		{"name":"action","type":{"type":"enum","name":"Action","symbols":["none","view","impression","like","comment","share","save"],"default":"none"}},
		{"name":"delta","type":"int"},{"name":"event_time","type":"long"},{"name":"root_time","type":"long"},
		{"name":"origin","type":{"type":"record","name":"Origin","fields":[
			{"name":"emitter","type":"string"},{"name":"epoch","type":"int"},{"name":"partition","type":"int"},
			{"name":"offset","type":"int"},{"name":"n","type":"int"},{"name":"term","type":"int"}]}}]}`
	native := map[string]any{
		"post_id": "p", "weight": 2.5, "action": "save", "delta": int32(1), "event_time": int64(10), "root_time": int64(20),
		"origin": map[string]any{"emitter": "dedup", "epoch": int32(1), "partition": int32(2), "offset": int32(3), "n": int32(4), "term": int32(5)},
	}
	want := &schemas.Engagement{
		PostID: "p", Action: engagement.None, Delta: 1, EventTime: 10, RootTime: 20,
		Origin: schemas.Origin{Emitter: "dedup", Epoch: 1, Partition: 2, Offset: 3, N: 4},
	}
	require.Equal(t, want, decode(t, c.Engagements, written(t, r, schema, native)))
	native["action"], want.Action = "like", engagement.Like
	require.Equal(t, want, decode(t, c.Engagements, written(t, r, schema, native)))
}

// Optional fields that an older writer did not have are filled with their defaults.
func TestOlderWriterOfReactionInputs(t *testing.T) {
	c, r := newCodecs(t)
	const schema = `{"type":"record","name":"ReactionInput","namespace":"nova","fields":[
		{"name":"user_id","type":"string"},{"name":"post_id","type":"string"},
		{"name":"kind","type":{"type":"enum","name":"ReactionKind","symbols":["unlike","like"]}},
		{"name":"source","type":{"type":"enum","name":"ReactionSource","symbols":["client"]}},
		{"name":"event_time","type":"long"},{"name":"root_time","type":"long"},
		{"name":"origin","type":{"type":"record","name":"Origin","fields":[
			{"name":"emitter","type":"string"},{"name":"epoch","type":"int"},{"name":"partition","type":"int"},
			{"name":"offset","type":"long"},{"name":"n","type":"int"}]}}]}`
	data := written(t, r, schema, map[string]any{
		"user_id": "u", "post_id": "p", "kind": "unlike", "source": "client", "event_time": int64(1), "root_time": int64(2),
		"origin": map[string]any{"emitter": "dedup", "epoch": int32(0), "partition": int32(1), "offset": int64(2), "n": int32(0)},
	})
	require.Equal(t, &schemas.ReactionInput{
		UserID: "u", PostID: "p", Kind: schemas.ReactionUnlike, Source: schemas.SourceClient, EventTime: 1, RootTime: 2,
		Origin: schemas.Origin{Emitter: "dedup", Partition: 1, Offset: 2},
	}, decode(t, c.ReactionInputs, data))
}
