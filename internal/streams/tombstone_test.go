package streams

import (
	"time"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"
)

// arrival is what goka tells a view of a record.
type arrival struct {
	part    int32
	headers []kgo.RecordHeader
}

func (arrival) Topic() goka.Stream   { return "" }
func (a arrival) Partition() int32   { return a.part }
func (arrival) Offset() int64        { return 0 }
func (arrival) Timestamp() time.Time { return time.Time{} }
func (a arrival) Headers() goka.Headers {
	h := goka.Headers{}
	for _, r := range a.headers {
		h[r.Key] = r.Value
	}
	return h
}
