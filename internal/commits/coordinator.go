package commits

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
)

// Coordinator is that of a consumer group, for the partitions of one topic. It is asked on connections of its own, so that
// a slow answer holds up no heartbeat. sarama's session cannot be used for this: its Commit says nothing of the outcome,
// and it commits no offset twice.
type Coordinator struct {
	Client  sarama.Client
	Group   string // names in Kafka
	Topic   string
	Metrics *Group // nil for none
}

// Checkpoint is a committed offset, the next to be read, and what lies beside it.
type Checkpoint struct {
	Next int64
	Meta schemas.CommitMeta
}

// What went wrong, beside ErrFailed.
var (
	// ErrRefused says that the coordinator does not take offsets from this member any more.
	ErrRefused = fmt.Errorf("the group coordinator refused: %w", ErrFailed)
	// ErrInDoubt says that an offset was sent and not answered: it may still arrive. After the member has left the group
	// it is refused.
	ErrInDoubt = fmt.Errorf("no answer: %w", ErrFailed)
	// ErrMetadata says that what stands beside a committed offset cannot be read, or is too large to be written.
	ErrMetadata = errors.New("commits: unusable commit metadata")
)

// pause is what passes before the coordinator is asked again after it moved or could not be reached.
const pause = 100 * time.Millisecond

// moved reports whether a coordinator's answer means that another one, or the same later, has to be asked.
func moved(err sarama.KError) bool {
	switch err {
	case sarama.ErrNotCoordinatorForConsumer, sarama.ErrConsumerCoordinatorNotAvailable, sarama.ErrOffsetsLoadInProgress:
		return true
	default:
		return false
	}
}

// unsent reports whether a request that failed cannot have reached the broker.
func unsent(err error) bool {
	var dial *net.OpError
	return errors.Is(err, sarama.ErrNotConnected) || errors.As(err, &dial) && dial.Op == "dial"
}

// ask calls do with the coordinator until it answers, another error than "somewhere else" comes up, or ctx ends.
// do returns the broker's answer, or an error if there was none.
func (c *Coordinator) ask(ctx context.Context, do func(*sarama.Broker) (sarama.KError, error)) (sarama.KError, error) {
	type answer struct {
		kerr sarama.KError
		err  error
	}
	for {
		got := make(chan answer, 1)
		go func() {
			broker, err := c.Client.Coordinator(c.Group)
			if err != nil {
				got <- answer{sarama.ErrConsumerCoordinatorNotAvailable, nil}
				return
			}
			kerr, err := do(broker)
			if err != nil {
				_ = broker.Close() // the next request opens it again
			}
			if err != nil && unsent(err) {
				kerr, err = sarama.ErrConsumerCoordinatorNotAvailable, nil
			}
			if err == nil && moved(kerr) {
				_ = c.Client.RefreshCoordinator(c.Group) // failing, it is tried again with the next request
			}
			got <- answer{kerr, err}
		}()
		select {
		case a := <-got:
			if a.err != nil || !moved(a.kerr) {
				return a.kerr, a.err
			}
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}

// Fetch returns the committed checkpoints of partitions; one that has none is missing. It fails with ErrMetadata for
// one that cannot be read.
func (c *Coordinator) Fetch(ctx context.Context, partitions []int32) (map[int32]Checkpoint, error) {
	var res *sarama.OffsetFetchResponse
	kerr, err := c.ask(ctx, func(b *sarama.Broker) (sarama.KError, error) {
		var err error
		res, err = b.FetchOffset(sarama.NewOffsetFetchRequest(c.Client.Config().Version, c.Group, map[string][]int32{c.Topic: partitions}))
		if err != nil {
			return 0, err
		}
		return res.Err, nil
	})
	if err == nil && kerr != sarama.ErrNoError {
		err = kerr
	}
	if err != nil {
		return nil, fmt.Errorf("fetching committed offsets: %w", err)
	}
	found := map[int32]Checkpoint{}
	for _, p := range partitions {
		block := res.GetBlock(c.Topic, p)
		switch {
		case block == nil:
			return nil, fmt.Errorf("fetching committed offset of partition %d: %w", p, sarama.ErrIncompleteResponse)
		case block.Err != sarama.ErrNoError:
			return nil, fmt.Errorf("fetching committed offset of partition %d: %w", p, block.Err)
		case block.Offset < 0:
			continue
		}
		meta, err := schemas.DecodeCommitMeta(block.Metadata)
		if err != nil {
			return nil, fmt.Errorf("%w: at offset %d of partition %d: %w", ErrMetadata, block.Offset, p, err)
		}
		found[p] = Checkpoint{block.Offset, meta}
	}
	return found, nil
}

// Bounds returns the oldest offset that the log of a partition holds, and the one that comes next.
func (c *Coordinator) Bounds(partition int32) (oldest, next int64, err error) {
	if oldest, err = c.Client.GetOffset(c.Topic, partition, sarama.OffsetOldest); err != nil {
		return 0, 0, fmt.Errorf("asking for the start of partition %d: %w", partition, err)
	}
	if next, err = c.Client.GetOffset(c.Topic, partition, sarama.OffsetNewest); err != nil {
		return 0, 0, fmt.Errorf("asking for the end of partition %d: %w", partition, err)
	}
	return oldest, next, nil
}

// Member is a member of the group in one generation.
type Member struct {
	ID         string
	Generation int32
}

// Commit returns nil once the coordinator has accepted the checkpoint from a member that has the partition; else
// ErrRefused, ErrInDoubt or ErrMetadata.
func (c *Coordinator) Commit(ctx context.Context, m Member, partition int32, at Checkpoint) error {
	meta := at.Meta.Encode()
	if len(meta) > schemas.MaxCommitMeta {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrMetadata, len(meta), schemas.MaxCommitMeta)
	}
	kerr, err := c.ask(ctx, func(b *sarama.Broker) (sarama.KError, error) {
		req := sarama.NewOffsetCommitRequest(c.Client.Config(), c.Group)
		req.ConsumerID, req.ConsumerGroupGeneration = m.ID, m.Generation
		req.AddBlockWithLeaderEpoch(c.Topic, partition, at.Next, -1, 0, meta)
		res, err := b.CommitOffset(req)
		if err != nil {
			return 0, err
		}
		kerr, ok := res.Errors[c.Topic][partition]
		if !ok {
			return 0, sarama.ErrIncompleteResponse
		}
		return kerr, nil
	})
	switch {
	case err != nil:
		c.Metrics.Unanswered(1)
		return fmt.Errorf("%w: %w", ErrInDoubt, err)
	case kerr != sarama.ErrNoError:
		c.Metrics.Answered(kerr)
		return fmt.Errorf("%w: %w", ErrRefused, kerr)
	}
	c.Metrics.Answered(nil)
	return nil
}
