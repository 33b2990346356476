package clickhouse

import (
	"fmt"
	"math"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
)

// Row is one row of post_events, before it is split into columns.
type Row struct {
	Offset int64 // of the record in its Kafka partition
	*schemas.EnrichedEvent
	record *sarama.ConsumerMessage // as it was read, in case the table refuses the row
}

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

// tablePart returns the partition of post_events that holds rows of this event time (Unix ms): its month, as 202411.
func tablePart(eventTime int64) string { return time.UnixMilli(eventTime).UTC().Format("200601") }
