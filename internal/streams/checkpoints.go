package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// fetchCheckpoints returns the committed offset and metadata of each partition of a group's input, by names in Kafka.
func fetchCheckpoints(ctx context.Context, client *kgo.Client, group, input string) (map[int32]checkpoint, error) {
	res, err := kadm.NewClient(client).FetchOffsets(ctx, group)
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) { // a group nobody has joined yet has committed nothing
		return nil, fmt.Errorf("fetching committed offsets of %s: %w", group, err)
	}
	cps := map[int32]checkpoint{}
	for p, o := range res[input] {
		if o.Err != nil {
			return nil, fmt.Errorf("fetching committed offset of %s for %s/%d: %w", group, input, p, o.Err)
		}
		if o.At < 0 {
			continue
		}
		meta, err := schemas.DecodeCommitMeta(o.Metadata)
		if err != nil {
			return nil, fmt.Errorf("reading commit metadata of %s for %s/%d: %w", group, input, p, err)
		}
		cps[p] = checkpoint{next: o.At, meta: meta}
	}
	return cps, nil
}

// ErrInputLost says that the log no longer holds what a group still has to read: retention was shorter than the
// downtime. Going on would skip records in silence.
var ErrInputLost = errors.New("streams: the input holds no record at the committed offset")

// span is the offsets a partition holds: from start, up to before end.
type span struct{ start, end int64 }

// spans returns what the partitions of a topic hold.
func spans(ctx context.Context, client *kgo.Client, topic string) (map[int32]span, error) {
	admin := kadm.NewClient(client)
	starts, err := admin.ListStartOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("listing the start of %s: %w", topic, err)
	}
	ends, err := admin.ListEndOffsets(ctx, topic)
	if err != nil {
		return nil, fmt.Errorf("listing the end of %s: %w", topic, err)
	}
	held := map[int32]span{}
	for p, end := range ends[topic] {
		start, ok := starts.Lookup(topic, p)
		if !ok || start.Err != nil || end.Err != nil {
			return nil, fmt.Errorf("listing the offsets of %s/%d: %w", topic, p, errors.Join(start.Err, end.Err))
		}
		held[p] = span{start.Offset, end.Offset}
	}
	return held, nil
}

// begin returns where to begin to read a partition that was committed at at, or never if has is false. An offset of an
// earlier incarnation of the topic says nothing of this one: all of it is new.
func begin(at checkpoint, has bool, epoch int32, held span) (checkpoint, error) {
	if !has || at.meta.Epoch != epoch {
		at.next, at.meta.Accounting = held.start, schemas.Accounting{}
		return at, nil
	}
	if at.next < held.start || at.next > held.end {
		return at, fmt.Errorf("%w: committed at %d, it holds %d to %d", ErrInputLost, at.next, held.start, held.end)
	}
	return at, nil
}
