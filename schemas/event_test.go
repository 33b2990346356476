package schemas_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// minimal is the least an event may say, as JSON fields.
func minimal(changes map[string]any) []byte {
	fields := map[string]any{"user_id": "u", "post_id": "p", "action": "like", "ts": 1420070400123}
	for name, value := range changes {
		fields[name] = value
		if value == absent {
			delete(fields, name)
		}
	}
	data, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return data
}

const absent = "\x00absent"

func TestJSONEvent(t *testing.T) {
	c, _ := newCodecs(t)
	const at = 1420070400123
	full := schemas.Event{
		EventID: "e-1", EventTime: at, UserID: "u", PostID: "p", AuthorID: "a", Action: engagement.Comment,
		DwellMS: 2500, Device: "phone", AppVer: "7.1", CommentID: "c",
	}
	for name, tc := range map[string]struct {
		data string
		want schemas.Event
	}{
		"all fields": {
			`{"event_id":"e-1","event_time":"2015-01-01T00:00:00.123Z","user_id":"u","post_id":"p","author_id":"a","action":"comment","dwell_ms":2500,"device":"phone","app_ver":"7.1","comment_id":"c"}`,
			full,
		},
		"ts, white space, unknown fields": {
			" \r\n\t{\"ts\": 1420070400123, \"event_id\":\"e\",\"user_id\":\"u\",\"post_id\":\"p\",\"action\":\"view\",\"x\":{\"y\":[1,2.5,null]},\"USER_ID\":7}\n",
			schemas.Event{EventID: "e", EventTime: at, UserID: "u", PostID: "p", Action: engagement.View},
		},
		"event_time wins over ts": {
			`{"event_id":"e","event_time":"2015-01-01T00:00:00.123Z","ts":5,"user_id":"u","post_id":"p","action":"share"}`,
			schemas.Event{EventID: "e", EventTime: at, UserID: "u", PostID: "p", Action: engagement.Share},
		},
		"another zone, finer than ms": {
			`{"event_id":"e","event_time":"2015-01-01T05:30:00.123999+05:30","user_id":"u","post_id":"p","action":"impression"}`,
			schemas.Event{EventID: "e", EventTime: at, UserID: "u", PostID: "p", Action: engagement.Impression},
		},
		"null and empty are absent": {
			`{"event_id":"e","event_time":null,"ts":1420070400123,"user_id":"u","post_id":"p","action":"like","author_id":null,"dwell_ms":null,"device":"","app_ver":null,"comment_id":""}`,
			schemas.Event{EventID: "e", EventTime: at, UserID: "u", PostID: "p", Action: engagement.Like},
		},
		"the epoch": {
			`{"event_id":"e","ts":0,"user_id":"ü","post_id":"p:q","action":"like"}`,
			schemas.Event{EventID: "e", UserID: "ü", PostID: "p:q", Action: engagement.Like},
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(tc.data)
			want := tc.want
			want.Raw = data
			require.Equal(t, &want, decode(t, c.Events, data))

			event, bad := schemas.DecodeEventJSON(data)
			require.Nil(t, bad)
			require.Equal(t, &want, event)
			require.Equal(t, data, encode(t, c.Events, event), "sent round as it came")
		})
	}
}

func TestEventWithoutID(t *testing.T) {
	c, _ := newCodecs(t)
	namespace := uuid.NewSHA1(uuid.NameSpaceOID, []byte("nova-streams/event"))
	want := uuid.NewSHA1(namespace, []byte("u\np\nlike\n1420070400123")).String()
	for _, data := range [][]byte{
		minimal(nil),
		minimal(map[string]any{"event_id": nil, "device": "phone"}),
		minimal(map[string]any{"event_id": ""}),
		minimal(map[string]any{"ts": absent, "event_time": "2015-01-01T00:00:00.123Z"}),
		encode(t, c.Events, &schemas.Event{UserID: "u", PostID: "p", Action: engagement.Like, EventTime: 1420070400123}),
	} {
		require.Equal(t, want, decode(t, c.Events, data).(*schemas.Event).EventID, "%q", data)
	}
	seen := map[string]bool{want: true}
	for name, value := range map[string]any{"user_id": "u2", "post_id": "p2", "action": "view", "ts": 1420070400124} {
		id := decode(t, c.Events, minimal(map[string]any{name: value})).(*schemas.Event).EventID
		require.False(t, seen[id], name)
		seen[id] = true
	}
}

func TestEventRefused(t *testing.T) {
	c, _ := newCodecs(t)
	for name, tc := range map[string]struct {
		data   []byte
		reason schemas.Reason
		detail string
	}{
		"text":               {[]byte("hello"), schemas.ReasonNotAFormat, "neither"},
		"a JSON array":       {[]byte(`[{}]`), schemas.ReasonNotAFormat, "neither"},
		"spaces":             {[]byte("  \n"), schemas.ReasonNotAFormat, "neither"},
		"cut JSON":           {minimal(nil)[:20], schemas.ReasonMalformed, "value: "},
		"JSON and more":      {append(minimal(nil), "{}"...), schemas.ReasonMalformed, "value: "},
		"a name twice":       {[]byte(`{"user_id":"u","user_id":"v","post_id":"p","action":"like","ts":1}`), schemas.ReasonMalformed, "user_id"},
		"half a surrogate":   {[]byte(`{"user_id":"\ud800","post_id":"p","action":"like","ts":1}`), schemas.ReasonMalformed, "surrogate"},
		"not UTF-8":          {[]byte("{\"user_id\":\"\xff\",\"post_id\":\"p\",\"action\":\"like\",\"ts\":1}"), schemas.ReasonInvalidField, "UTF-8"},
		"number as text":     {minimal(map[string]any{"ts": "5"}), schemas.ReasonWrongType, "ts: got a string, want an integer"},
		"text as number":     {minimal(map[string]any{"user_id": 7}), schemas.ReasonWrongType, "user_id: got a number, want a string"},
		"no integer":         {minimal(map[string]any{"dwell_ms": 1.5}), schemas.ReasonWrongType, "dwell_ms: got 1.5, want an integer"},
		"fraction":           {minimal(map[string]any{"ts": 1.5}), schemas.ReasonWrongType, "ts"},
		"object":             {minimal(map[string]any{"action": map[string]any{}}), schemas.ReasonWrongType, "action"},
		"bool":               {minimal(map[string]any{"dwell_ms": true}), schemas.ReasonWrongType, "dwell_ms"},
		"time as number":     {minimal(map[string]any{"event_time": 5}), schemas.ReasonWrongType, "event_time"},
		"number too large":   {minimal(map[string]any{"ts": json.Number("99999999999999999999")}), schemas.ReasonInvalidField, `ts: "99999999999999999999" is out of range`},
		"no user":            {minimal(map[string]any{"user_id": absent}), schemas.ReasonMissingField, "user_id"},
		"null user":          {minimal(map[string]any{"user_id": nil}), schemas.ReasonMissingField, "user_id"},
		"empty user":         {minimal(map[string]any{"user_id": ""}), schemas.ReasonMissingField, "user_id"},
		"no post":            {minimal(map[string]any{"post_id": absent}), schemas.ReasonMissingField, "post_id"},
		"no action":          {minimal(map[string]any{"action": absent}), schemas.ReasonMissingField, "action"},
		"no time":            {minimal(map[string]any{"ts": absent}), schemas.ReasonMissingField, "event_time: absent, and ts too"},
		"unknown action":     {minimal(map[string]any{"action": "Like"}), schemas.ReasonInvalidField, `action: "Like" is unknown`},
		"no action by name":  {minimal(map[string]any{"action": "none"}), schemas.ReasonInvalidField, "action"},
		"not a time":         {minimal(map[string]any{"event_time": "yesterday"}), schemas.ReasonInvalidField, `event_time: "yesterday" is not RFC 3339`},
		"a time, not RFC":    {minimal(map[string]any{"event_time": "2015-01-01 00:00:00Z"}), schemas.ReasonInvalidField, "event_time"},
		"before 1970":        {minimal(map[string]any{"ts": -1}), schemas.ReasonInvalidField, "event_time: -1 ms"},
		"year 10000":         {minimal(map[string]any{"ts": schemas.MaxEventTime + 1}), schemas.ReasonInvalidField, "event_time"},
		"microseconds":       {minimal(map[string]any{"ts": 1420070400123000}), schemas.ReasonInvalidField, "event_time"},
		"year 0":             {minimal(map[string]any{"event_time": "0000-01-01T00:00:00Z"}), schemas.ReasonInvalidField, "event_time"},
		"negative dwell":     {minimal(map[string]any{"dwell_ms": -1}), schemas.ReasonInvalidField, "dwell_ms: -1"},
		"control character":  {minimal(map[string]any{"post_id": "a\nb"}), schemas.ReasonInvalidField, `post_id: "a\nb"`},
		"control in Unicode": {minimal(map[string]any{"comment_id": "a\u0085b"}), schemas.ReasonInvalidField, "comment_id"},
		"delete":             {minimal(map[string]any{"device": "\x7f"}), schemas.ReasonInvalidField, "device"},
	} {
		t.Run(name, func(t *testing.T) {
			requireUnreadable(t, decode(t, c.Events, tc.data), tc.reason, tc.detail, tc.data)
			if tc.data[0] == '{' {
				_, bad := schemas.DecodeEventJSON(tc.data)
				requireUnreadable(t, bad, tc.reason, tc.detail, tc.data)
			}
		})
	}
}

// Each text field is accepted at its limit and refused one byte beyond, in both formats.
func TestEventLimits(t *testing.T) {
	c, _ := newCodecs(t)
	for name, limit := range map[string]int{
		"event_id": 256, "user_id": 256, "post_id": 256, "author_id": 256, "comment_id": 256, "device": 128, "app_ver": 128,
	} {
		fits := minimal(map[string]any{name: strings.Repeat("x", limit)})
		event, ok := decode(t, c.Events, fits).(*schemas.Event)
		require.True(t, ok, name)
		event.Raw = nil
		require.Equal(t, event, withoutRaw(decode(t, c.Events, encode(t, c.Events, event))))

		detail := fmt.Sprintf("%s: %d bytes, at most %d", name, limit+1, limit)
		long := minimal(map[string]any{name: strings.Repeat("x", limit+1)})
		requireUnreadable(t, decode(t, c.Events, long), schemas.ReasonInvalidField, detail, long)
		for _, field := range []*string{&event.EventID, &event.UserID, &event.PostID, &event.AuthorID, &event.CommentID, &event.Device, &event.AppVer} {
			if len(*field) == limit {
				*field += "x"
			}
		}
		avro := encode(t, c.Events, event)
		requireUnreadable(t, decode(t, c.Events, avro), schemas.ReasonInvalidField, detail, avro)
	}
}

// Avro is held to the rules that JSON cannot break, or breaks elsewhere.
func TestAvroEventRefused(t *testing.T) {
	c, _ := newCodecs(t)
	for detail, change := range map[string]func(*schemas.Event){
		"user_id: absent or empty": func(e *schemas.Event) { e.UserID = "" },
		"action: unknown":          func(e *schemas.Event) { e.Action = engagement.None },
		"event_time: -1 ms":        func(e *schemas.Event) { e.EventTime = -1 },
		"dwell_ms: -5":             func(e *schemas.Event) { e.DwellMS = -5 },
		`post_id: "\xff\xfe"`:      func(e *schemas.Event) { e.PostID = "\xff\xfe" },
		`author_id: "a\x00b"`:      func(e *schemas.Event) { e.AuthorID = "a\x00b" },
		`event_id: "\u009f"`:       func(e *schemas.Event) { e.EventID = "\u009f" },
		"event_time: 1420070400":   func(e *schemas.Event) { e.EventTime *= 1000 },
	} {
		event := schemas.Event{EventID: "e", UserID: "u", PostID: "p", Action: engagement.Like, EventTime: 1420070400123}
		change(&event)
		reason := schemas.ReasonInvalidField
		if event.UserID == "" {
			reason = schemas.ReasonMissingField
		}
		data := encode(t, c.Events, &event)
		requireUnreadable(t, decode(t, c.Events, data), reason, detail, data)
	}
}

func TestEventTooLarge(t *testing.T) {
	c, _ := newCodecs(t)
	fits := append(minimal(nil), bytes.Repeat([]byte(" "), schemas.MaxEventValue-len(minimal(nil)))...)
	require.IsType(t, &schemas.Event{}, decode(t, c.Events, fits))
	_, bad := schemas.DecodeEventJSON([]byte("[1]"))
	requireUnreadable(t, bad, schemas.ReasonWrongType, "value: got an array, want an object", []byte("[1]"))
	for _, data := range [][]byte{append(fits, ' '), make([]byte, 2<<20)} {
		requireUnreadable(t, decode(t, c.Events, data), schemas.ReasonTooLarge, "at most 65536", data)
	}
}

// A detail never carries the input's size into the dead letter.
func TestDetailIsShort(t *testing.T) {
	long := strings.Repeat("ü", 20_000)
	for _, data := range [][]byte{
		[]byte(`{"` + long + `":1,"` + long + `":2}`),
		minimal(map[string]any{"action": long}),
		minimal(map[string]any{"event_time": long}),
		minimal(map[string]any{"ts": json.Number("9" + strings.Repeat("0", 40_000))}),
	} {
		_, bad := schemas.DecodeEventJSON(data)
		require.NotNil(t, bad)
		require.LessOrEqual(t, len(bad.Detail), schemas.MaxDetail)
		require.Equal(t, strings.ToValidUTF8(bad.Detail, ""), bad.Detail)
	}
}

func TestEventTimeBounds(t *testing.T) {
	require.EqualValues(t, time.Date(9999, 12, 31, 23, 59, 59, 999_000_000, time.UTC).UnixMilli(), schemas.MaxEventTime)
	event, bad := schemas.DecodeEventJSON(minimal(map[string]any{"event_time": "9999-12-31T23:59:59.999Z"}))
	require.Nil(t, bad)
	require.EqualValues(t, schemas.MaxEventTime, event.EventTime)
}

func TestHashEventID(t *testing.T) {
	// The head of SHA-256("abc"), FIPS 180-4.
	require.Equal(t, schemas.EventHash{0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23}, schemas.HashEventID("abc"))
	longest := strings.Repeat("x", schemas.MaxIDBytes)
	require.Zero(t, testing.AllocsPerRun(10, func() { schemas.HashEventID(longest) }))
}
