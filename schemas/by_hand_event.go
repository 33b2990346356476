package schemas

import "github.com/nova-social/nova-streams/internal/domain/engagement"

var enrichedEventByHand = &byHand[*EnrichedEvent]{
	shape: "fbe54076b5bfcbec0e414b63e60bcab7436f23948d0f08112ce39d03f9845ba2",
	room: func(e *EnrichedEvent) int {
		return recordRoom + originRoom + sessionRoom + eventTexts(&e.Event) + len(e.SessionID) + len(e.PreviousDevice) +
			len(e.ConnectsSessionID) + len(e.Origin.Emitter)
	},
	append: func(b []byte, e *EnrichedEvent) ([]byte, bool) {
		b = appendEvent(b, &e.Event)
		b = appendLong(b, e.RootTime)
		b = appendLong(b, int64(e.RootPartition))
		b = appendLong(b, e.RootOffset)
		b = appendString(b, e.SessionID)
		b = appendLong(b, int64(e.DeviceCount))
		b = appendString(b, e.PreviousDevice)
		b = appendString(b, e.ConnectsSessionID)
		return appendOrigin(b, e.Origin), int32(e.Action) < actionCount
	},
	read: func(body []byte) (*EnrichedEvent, bool) {
		r := &avroReader{data: body, text: string(body)}
		record := &EnrichedEvent{
			Event: readEvent(r), RootTime: r.long(), RootPartition: r.int(), RootOffset: r.long(),
			SessionID: r.string(), DeviceCount: r.int(), PreviousDevice: r.string(), ConnectsSessionID: r.string(),
			Origin: readOrigin(r),
		}
		return record, r.done()
	},
}

// The fields of an event that records begin with.

func eventTexts(e *Event) int {
	return len(e.EventID) + len(e.UserID) + len(e.PostID) + len(e.AuthorID) + len(e.Device) + len(e.AppVer) + len(e.CommentID)
}

func appendEvent(b []byte, e *Event) []byte {
	b = appendString(b, e.EventID)
	b = appendLong(b, e.EventTime)
	b = appendString(b, e.UserID)
	b = appendString(b, e.PostID)
	b = appendString(b, e.AuthorID)
	b = appendLong(b, int64(e.Action))
	b = appendLong(b, e.DwellMS)
	b = appendString(b, e.Device)
	b = appendString(b, e.AppVer)
	return appendString(b, e.CommentID)
}

func readEvent(r *avroReader) Event {
	return Event{
		EventID: r.string(), EventTime: r.long(), UserID: r.string(), PostID: r.string(), AuthorID: r.string(),
		Action: engagement.Action(r.enum(actionCount)), DwellMS: r.long(),
		Device: r.string(), AppVer: r.string(), CommentID: r.string(),
	}
}
