package streams

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// follow gives take the records of one partition from offset from on, a fetch at a time, with the offset behind it,
// until it has read up to end; for ever, if end is negative. It returns nil when ctx ends.
func follow(ctx context.Context, cfg *Config, topic string, part int32, from, end int64, take func(recs []*kgo.Record, next int64) error) error {
	if end >= 0 && from >= end {
		return nil
	}
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(cfg.Brokers...), kgo.ClientID(cfg.ClientID),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {part: kgo.NewOffset().At(from)}}),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), // what compaction has removed is not needed
		kgo.KeepControlRecords(), // so that the end is reached whatever the last record is
		kgo.FetchMaxPartitionBytes(4<<20),
	)
	if err != nil {
		return fmt.Errorf("creating reader of %s/%d: %w", topic, part, err)
	}
	defer cl.Close()
	for next := from; end < 0 || next < end; {
		fetches := cl.PollFetches(ctx)
		if ctx.Err() != nil {
			return nil
		}
		for _, e := range fetches.Errors() {
			return fmt.Errorf("reading %s/%d: %w", topic, part, e.Err)
		}
		recs := fetches.Records()
		if len(recs) == 0 {
			continue
		}
		next = recs[len(recs)-1].Offset + 1
		kept := recs[:0]
		for _, r := range recs {
			if !r.Attrs.IsControl() {
				kept = append(kept, r)
			}
		}
		if err := take(kept, next); err != nil {
			return err
		}
	}
	return nil
}
