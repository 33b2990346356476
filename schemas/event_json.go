package schemas

import (
	"cmp"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// eventJSON is an event as older producers send it. Other fields are ignored; a field that is null or "" is absent.
type eventJSON struct {
	EventID   string `json:"event_id"`
	EventTime string `json:"event_time"` // RFC 3339; wins over TS
	TS        *int64 `json:"ts"`         // Unix ms
	UserID    string `json:"user_id"`
	PostID    string `json:"post_id"`
	AuthorID  string `json:"author_id"`
	Action    string `json:"action"`
	DwellMS   int64  `json:"dwell_ms"`
	Device    string `json:"device"`
	AppVer    string `json:"app_ver"`
	CommentID string `json:"comment_id"`
}

// parseEvent reads the JSON form of an event, strictly: names as they are, no name twice, valid UTF-8. What Avro would
// not enforce either is left to check.
func parseEvent(data []byte) (*Event, *Unreadable) {
	if !utf8.Valid(data) {
		return nil, refuse(data, ReasonInvalidField, "value: not valid UTF-8")
	}
	j, ordinary := scanEvent(data)
	if !ordinary {
		var err error
		if j, err = unmarshalEvent(data); err != nil {
			return nil, refuseJSON(data, err)
		}
	}
	event := &Event{
		EventID: j.EventID, UserID: j.UserID, PostID: j.PostID, AuthorID: j.AuthorID,
		DwellMS: j.DwellMS, Device: j.Device, AppVer: j.AppVer, CommentID: j.CommentID,
	}
	switch {
	case j.EventTime != "":
		at, ok := parseTime(j.EventTime)
		if !ok {
			return nil, refuse(data, ReasonInvalidField, "event_time: %s is not RFC 3339", excerpt(j.EventTime))
		}
		event.EventTime = at
	case j.TS != nil:
		event.EventTime = *j.TS
	default:
		return nil, refuse(data, ReasonMissingField, "event_time: absent, and ts too")
	}
	if j.Action == "" {
		return nil, refuse(data, ReasonMissingField, "action: absent")
	}
	action, known := engagement.ParseAction(j.Action)
	if !known {
		return nil, refuse(data, ReasonInvalidField, "action: %s is unknown", excerpt(j.Action))
	}
	event.Action = action
	return event, nil
}

// unmarshalEvent reads any JSON; it is the measure of scanEvent.
func unmarshalEvent(data []byte) (j eventJSON, err error) {
	err = json.Unmarshal(data, &j)
	return j, err
}

// kinds are what readers call the kinds of JSON values.
var kinds = map[jsontext.Kind]string{'n': "null", 't': "true", 'f': "false", '"': "a string", '0': "a number", '{': "an object", '[': "an array"}

// refuseJSON says which kind of mistake err is, and where.
func refuseJSON(data []byte, err error) *Unreadable {
	var semantic *json.SemanticError
	if !errors.As(err, &semantic) {
		return refuse(data, ReasonMalformed, "value: %v", err)
	}
	field := cmp.Or(strings.TrimPrefix(string(semantic.JSONPointer), "/"), "value")
	if errors.Is(err, strconv.ErrRange) {
		return refuse(data, ReasonInvalidField, "%s: %s is out of range", field, excerpt(string(semantic.JSONValue)))
	}
	want := "an integer"
	switch semantic.GoType.Kind() {
	case reflect.Struct:
		want = "an object"
	case reflect.String:
		want = "a string"
	default:
	}
	got := kinds[semantic.JSONKind]
	if value := string(semantic.JSONValue); semantic.JSONKind == '0' && value != "" { // a number, but no integer
		got = strings.Trim(excerpt(value), `"`)
	}
	return refuse(data, ReasonWrongType, "%s: got %s, want %s", field, got, want)
}
