package streams

import (
	"context"
	"fmt"
)

// Newest returns, for each topic, the offset of the newest record of each partition, -1 for none. View.Read comes to it.
func (i *Inspector) Newest(ctx context.Context, topics ...string) (map[string][]int64, error) {
	names := make([]string, len(topics))
	for n, topic := range topics {
		names[n] = i.prefix + topic
	}
	starts, err := i.admin.ListStartOffsets(ctx, names...)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("listing start offsets: %w", err)
	}
	ends, err := i.admin.ListEndOffsets(ctx, names...)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("listing end offsets: %w", err)
	}
	newest := map[string][]int64{}
	for n, topic := range topics {
		at := make([]int64, len(ends[names[n]]))
		for p := range at {
			start, _ := starts.Lookup(names[n], int32(p))
			end, _ := ends.Lookup(names[n], int32(p))
			if at[p] = end.Offset - 1; start.Offset >= end.Offset { // nothing, or nothing any more
				at[p] = -1
			}
		}
		newest[topic] = at
	}
	return newest, nil
}
