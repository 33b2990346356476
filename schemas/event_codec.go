package schemas

import "bytes"

// MaxEventValue is the size of the largest value accepted on `events`, bytes.
const MaxEventValue = 64 << 10

// eventCodec reads the two formats of `events`: framed Avro, and the JSON of older producers.
type eventCodec struct{ avro *framed[Event] }

// Encode returns Raw, so that a record sent round stays as its producer wrote it; an event without Raw becomes framed
// Avro.
func (c eventCodec) Encode(value any) ([]byte, error) { return c.AppendEncode(nil, value) }

// AppendEncode appends to data what Encode returns.
func (c eventCodec) AppendEncode(data []byte, value any) ([]byte, error) {
	if e, ok := value.(*Event); ok && e != nil && e.Raw != nil {
		return append(data, e.Raw...), nil
	}
	return c.avro.AppendEncode(data, value)
}

// Decode returns an *Event that keeps data as its Raw, or an *Unreadable; see Codecs for the one error.
func (c eventCodec) Decode(data []byte) (any, error) {
	event, bad, err := c.decode(data)
	if err != nil {
		return nil, err
	}
	event, bad = complete(event, bad, data)
	if bad != nil {
		return bad, nil
	}
	return event, nil
}

// DecodeEventJSON reads the JSON form of an event by the rules of the `events` codec. It needs no registry.
func DecodeEventJSON(data []byte) (*Event, *Unreadable) {
	if len(data) > MaxEventValue {
		return nil, refuse(data, ReasonTooLarge, "value: %d bytes, at most %d", len(data), MaxEventValue)
	}
	event, bad := parseEvent(data)
	return complete(event, bad, data)
}

// complete checks an event that could be parsed, keeps its value and gives it an id where it has none.
func complete(event *Event, bad *Unreadable, data []byte) (*Event, *Unreadable) {
	if bad == nil {
		bad = event.check(data)
	}
	if bad != nil {
		return nil, bad
	}
	event.Raw = data
	if event.EventID == "" {
		event.EventID = DeriveEventID(event.UserID, event.PostID, event.Action, event.EventTime)
	}
	return event, nil
}

func (c eventCodec) decode(data []byte) (*Event, *Unreadable, error) {
	switch {
	case len(data) > MaxEventValue:
		return nil, refuse(data, ReasonTooLarge, "value: %d bytes, at most %d", len(data), MaxEventValue), nil
	case data == nil || len(data) > 0 && data[0] == frameMagic:
		return c.avro.decode(data)
	case bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("{")):
		event, bad := parseEvent(data)
		return event, bad, nil
	}
	return nil, refuse(data, ReasonNotAFormat, "value: neither a Confluent frame nor a JSON object"), nil
}
