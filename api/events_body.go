package api

import (
	"bytes"
	"fmt"
	"io"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/nova-social/nova-streams/schemas"
)

// splitEvents returns the values of an array, or a single one, as they are written. They are not looked into: a name that is
// there twice or a byte that is no text is that event's fault alone. They are copies: body is another request's when the answer
// is given, and what was not acknowledged by then may still be on its way.
func splitEvents(body []byte, most int) ([][]byte, error) {
	in := jsontext.NewDecoder(bytes.NewReader(body), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	var values [][]byte
	read := func() error {
		value, err := in.ReadValue()
		values = append(values, bytes.Clone(value))
		return err
	}
	var err error
	switch in.PeekKind() {
	case '{':
		err = read()
	case '[':
		_, err = in.ReadToken()
		for err == nil && in.PeekKind() != ']' {
			if len(values) == most {
				return nil, problem(problemTooLarge, http.StatusRequestEntityTooLarge, fmt.Sprintf("More than %d events.", most))
			}
			err = read()
		}
		if err == nil {
			_, err = in.ReadToken()
		}
	default:
		if _, err = in.ReadToken(); err == nil {
			return nil, malformed("neither an event nor an array of events")
		}
	}
	if err == nil {
		if _, err = in.ReadToken(); err == nil {
			return nil, malformed("more than one value")
		}
	}
	switch {
	case err != io.EOF: //nolint:errorlint // the decoder returns it as it is at the end alone
		return nil, malformed(schemas.Detail(err.Error()))
	case len(values) == 0:
		return nil, malformed("no events")
	}
	return values, nil
}

func malformed(what string) error {
	return problem(problemMalformed, http.StatusBadRequest, "The body is not JSON as it is wanted: "+what+".")
}

// eventsBody describes the body of a request.
func eventsBody(ops huma.API, most int) *huma.RequestBody {
	event := eventSchema()
	ops.OpenAPI().Components.Schemas.Map()["Event"] = event
	one := &huma.Schema{Ref: "#/components/schemas/Event"}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{OneOf: []*huma.Schema{one, {Type: huma.TypeArray, Items: one, MinItems: new(1), MaxItems: &most}}},
		Example: []any{map[string]any{
			"event_id": "5b0f7d1e-8f1c-4f3e-9a54-2f8f1b7a0c11", "event_time": "2026-11-29T12:00:00.000Z", "user_id": "u1", "post_id": "p1", "action": "like",
		}},
	}}}
}

// eventSchema describes an event as JSON. What it says is what schemas.DecodeEventJSON holds to.
func eventSchema() *huma.Schema {
	id := func(doc string) *huma.Schema {
		return &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(schemas.MaxIDBytes), Description: doc}
	}
	optional := func(s *huma.Schema) *huma.Schema { s.MinLength = nil; return s }
	label := &huma.Schema{Type: huma.TypeString, MaxLength: new(schemas.MaxLabelBytes)}
	return &huma.Schema{
		Type:        huma.TypeObject,
		Description: "What a user did with a post. Other members are ignored. It needs event_time or ts. Lengths are at most those given in bytes of UTF-8, too.",
		Required:    []string{"user_id", "post_id", "action"},
		Properties: map[string]*huma.Schema{
			"event_id":   optional(id("Unique; repeats of it within 24 hours are dropped. Without one, an id is derived from user, post, action and time")),
			"event_time": {Type: huma.TypeString, Format: "date-time", Description: "When it happened, RFC 3339"},
			"ts":         {Type: huma.TypeInteger, Format: "int64", Minimum: new(0.0), Maximum: new(float64(schemas.MaxEventTime)), Description: "The same in Unix ms; event_time wins"},
			"user_id":    id("Who did it"),
			"post_id":    id("With which post"),
			"author_id":  optional(id("Who wrote the post")),
			"action":     {Type: huma.TypeString, Enum: []any{"view", "impression", "like", "comment", "share"}},
			"dwell_ms":   {Type: huma.TypeInteger, Format: "int64", Minimum: new(0.0), Description: "How long it was looked at"},
			"device":     label,
			"app_ver":    label,
			"comment_id": optional(id("Of a comment: its id in the database")),
		},
	}
}
