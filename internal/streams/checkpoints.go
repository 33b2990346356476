package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// fetchCheckpoints returns the committed offset and metadata of each partition of a group's input, by names in Kafka.
func fetchCheckpoints(ctx context.Context, client *kgo.Client, group, input string) (map[int32]checkpoint, error) {
	fetched, err := kadm.NewClient(client).FetchOffsets(ctx, group)
	marks, err := marksOf(kadm.FetchOffsetsResponse{Group: group, Fetched: fetched, Err: err}, input)
	if err != nil {
		return nil, err
	}
	cps := map[int32]checkpoint{}
	for p, m := range marks {
		cps[p] = checkpoint{next: m.next, meta: m.meta}
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
	for p := range ends[topic] {
		if held[p], err = spanOf(topic, p, starts, ends); err != nil {
			return nil, err
		}
	}
	return held, nil
}

// spanAt returns what one partition of a topic holds, or an error if the brokers have not said.
func spanAt(held map[int32]span, topic string, p int32) (span, error) {
	s, ok := held[p]
	if !ok {
		return s, fmt.Errorf("streams: the brokers list no offsets of %s/%d", topic, p)
	}
	return s, nil
}

func spanOf(topic string, p int32, starts, ends kadm.ListedOffsets) (span, error) {
	start, ok := starts.Lookup(topic, p)
	end := ends[topic][p]
	if !ok || start.Err != nil || end.Err != nil {
		return span{}, fmt.Errorf("listing the offsets of %s/%d: %w", topic, p, errors.Join(start.Err, end.Err))
	}
	return span{start.Offset, end.Offset}, nil
}

// begin returns where to begin to read a partition that was committed at at, or never if has is false. An offset of an
// earlier incarnation of the topic says nothing of this one: all of it is new.
func begin(at checkpoint, has bool, epoch int32, held span) (checkpoint, error) {
	if has && at.meta.Epoch > epoch {
		return at, fmt.Errorf("%w: committed in incarnation %d of the topic, this one is numbered %d: the numbers are lost, rows would take its records for old", ErrInputLost, at.meta.Epoch, epoch)
	}
	if !has || at.meta.Epoch != epoch {
		at.next, at.meta.Accounting = held.start, schemas.Accounting{}
		return at, nil
	}
	if at.next < held.start || at.next > held.end {
		return at, fmt.Errorf("%w: committed at %d, it holds %d to %d", ErrInputLost, at.next, held.start, held.end)
	}
	return at, nil
}
