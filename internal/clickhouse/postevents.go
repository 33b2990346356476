package clickhouse

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// PostEvents maps topic enriched-events to table post_events.
var PostEvents = &Mapping{
	Sink:   topology.PostEvents(),
	Codec:  func(c *schemas.Codecs) goka.Codec { return c.EnrichedEvents },
	Judge:  judgeEvent,
	Origin: func(record any) schemas.Origin { return eventOf(record).Origin },
	Part:   func(record any) string { return month(eventOf(record).EventTime) },
	columns: map[int32][]column{
		1: slices.Concat(eventColumns, placeColumns),
		2: slices.Concat(eventColumns, placeColumns, sessionColumns, chainColumns),
	},
	current: 2,
}

var eventColumns = []column{
	field("event_id", "String", func(e *schemas.EnrichedEvent) string { return e.EventID }),
	field("event_time", "DateTime64(3, 'UTC')", func(e *schemas.EnrichedEvent) int64 { return e.EventTime }),
	field("event_type", eventTypes, func(e *schemas.EnrichedEvent) string { return eventType[e.Action] }),
	field("user_id", "String", func(e *schemas.EnrichedEvent) string { return e.UserID }),
	field("post_id", "String", func(e *schemas.EnrichedEvent) string { return e.PostID }),
	field("author_id", "String", func(e *schemas.EnrichedEvent) string { return e.AuthorID }),
	field("dwell_ms", "Int64", func(e *schemas.EnrichedEvent) int64 { return e.DwellMS }),
	field("device", "LowCardinality(String)", func(e *schemas.EnrichedEvent) string { return e.Device }),
	field("app_ver", "LowCardinality(String)", func(e *schemas.EnrichedEvent) string { return e.AppVer }),
	field("comment_id", "String", func(e *schemas.EnrichedEvent) string { return e.CommentID }),
	field("root_time", "DateTime64(3, 'UTC')", func(e *schemas.EnrichedEvent) int64 { return e.RootTime }),
}

var sessionColumns = []column{
	field("session_id", "String", func(e *schemas.EnrichedEvent) string { return e.SessionID }),
	field("device_count", "UInt16", func(e *schemas.EnrichedEvent) uint16 { return uint16(e.DeviceCount) }),
	field("previous_device", "LowCardinality(String)", func(e *schemas.EnrichedEvent) string { return e.PreviousDevice }),
	field("connects_session_id", "String", func(e *schemas.EnrichedEvent) string { return e.ConnectsSessionID }),
	field("root_partition", "Int32", func(e *schemas.EnrichedEvent) int32 { return e.RootPartition }),
	field("root_offset", "Int64", func(e *schemas.EnrichedEvent) int64 { return e.RootOffset }),
}

const eventTypes = `Enum8('post_view' = 1, 'post_impression' = 2, 'post_like' = 3, 'post_comment' = 4, 'post_share' = 5)`

// eventType is what ClickHouse calls an action.
var eventType = map[engagement.Action]string{
	engagement.View:       "post_view",
	engagement.Impression: "post_impression",
	engagement.Like:       "post_like",
	engagement.Comment:    "post_comment",
	engagement.Share:      "post_share",
}

// eventOf returns a record as the event it is: Judge lets no others through.
func eventOf(record any) *schemas.EnrichedEvent {
	e, _ := record.(*schemas.EnrichedEvent)
	return e
}

func judgeEvent(record any) (*schemas.Unreadable, error) {
	e, ok := record.(*schemas.EnrichedEvent)
	if !ok {
		return nil, fmt.Errorf("the codec gave %T, not an enriched event", record)
	}
	return refusal(e), nil
}

// month returns the partition of post_events that holds rows of this event time (Unix ms), as 202411.
func month(eventTime int64) string { return time.UnixMilli(eventTime).UTC().Format("200601") }

// endOfTime is the first Unix millisecond that the table's dates cannot hold: its TTL counts in 32-bit seconds.
const endOfTime = int64(1) << 32 * 1000

// refusal says why an event cannot be a row; nil if it can.
func refusal(e *schemas.EnrichedEvent) *schemas.Unreadable {
	if eventType[e.Action] == "" {
		return &schemas.Unreadable{Reason: schemas.ReasonInvalidField, Detail: fmt.Sprintf("action: no event type for %v", e.Action)}
	}
	for _, t := range []struct {
		name string
		ms   int64
	}{{"event_time", e.EventTime}, {"root_time", e.RootTime}} {
		if t.ms < 0 || t.ms >= endOfTime {
			return &schemas.Unreadable{Reason: schemas.ReasonInvalidField, Detail: fmt.Sprintf("%s: %d ms is not from 1970 to 2106", t.name, t.ms)}
		}
	}
	if e.DeviceCount < 0 || e.DeviceCount > math.MaxUint16 {
		return &schemas.Unreadable{Reason: schemas.ReasonInvalidField, Detail: fmt.Sprintf("device_count: %d is not from 0 to %d", e.DeviceCount, math.MaxUint16)}
	}
	return nil
}
