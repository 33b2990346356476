package streams

import (
	"context"
	"fmt"
	"time"
)

// OffsetsAt returns, by partition of a topic and for each time, the offset of the first record that has this timestamp or
// a later one; where there is none, the end of the log.
func (i *Inspector) OffsetsAt(ctx context.Context, topic string, times []time.Time) (map[int32][]int64, error) {
	at := map[int32][]int64{}
	for n, t := range times {
		listed, err := i.admin.ListOffsetsAfterMilli(ctx, t.UnixMilli(), i.prefix+topic)
		if err == nil {
			err = listed.Error()
		}
		if err != nil {
			return nil, fmt.Errorf("looking for the records of %s in %s: %w", t.UTC().Format(time.RFC3339), topic, err)
		}
		for p, o := range listed[i.prefix+topic] {
			if at[p] == nil {
				at[p] = make([]int64, len(times))
			}
			at[p][n] = o.Offset
		}
	}
	return at, nil
}
