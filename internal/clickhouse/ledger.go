package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/schemas"
)

// offsets asks the group coordinator, on connections of its own, so that a slow answer holds up no heartbeat.
// sarama's session cannot be used for this: its Commit says nothing of the outcome, and it commits no offset twice.
type offsets struct {
	client  sarama.Client
	group   string
	topic   string
	commits *commits.Group // nil for none
}

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
func (o *offsets) ask(ctx context.Context, do func(*sarama.Broker) (sarama.KError, error)) (sarama.KError, error) {
	type answer struct {
		kerr sarama.KError
		err  error
	}
	for {
		got := make(chan answer, 1)
		go func() {
			broker, err := o.client.Coordinator(o.group)
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
				_ = o.client.RefreshCoordinator(o.group) // failing, it is tried again with the next request
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

// fetch returns the committed checkpoints of the partitions; one that has none is missing.
func (o *offsets) fetch(ctx context.Context, partitions []int32) (map[int32]checkpoint, error) {
	var res *sarama.OffsetFetchResponse
	kerr, err := o.ask(ctx, func(b *sarama.Broker) (sarama.KError, error) {
		var err error
		res, err = b.FetchOffset(sarama.NewOffsetFetchRequest(o.client.Config().Version, o.group, map[string][]int32{o.topic: partitions}))
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
	found := map[int32]checkpoint{}
	for _, p := range partitions {
		block := res.GetBlock(o.topic, p)
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
		found[p] = checkpoint{block.Offset, meta}
	}
	return found, nil
}

// membership is the ledger of one partition, for one member in one generation.
type membership struct {
	*offsets
	member     string
	generation int32
	partition  int32
}

func (m *membership) commit(ctx context.Context, at checkpoint) error {
	meta := at.meta.Encode()
	if len(meta) > schemas.MaxCommitMeta {
		return fmt.Errorf("%w: %d bytes, at most %d", ErrMetadata, len(meta), schemas.MaxCommitMeta)
	}
	kerr, err := m.ask(ctx, func(b *sarama.Broker) (sarama.KError, error) {
		req := sarama.NewOffsetCommitRequest(m.client.Config(), m.group)
		req.ConsumerID, req.ConsumerGroupGeneration = m.member, m.generation
		req.AddBlockWithLeaderEpoch(m.topic, m.partition, at.next, -1, 0, meta)
		res, err := b.CommitOffset(req)
		if err != nil {
			return 0, err
		}
		kerr, ok := res.Errors[m.topic][m.partition]
		if !ok {
			return 0, sarama.ErrIncompleteResponse
		}
		return kerr, nil
	})
	switch {
	case err != nil:
		m.commits.Unanswered(1)
		return fmt.Errorf("%w: %w", errInDoubt, err)
	case kerr != sarama.ErrNoError:
		m.commits.Answered(kerr)
		return fmt.Errorf("%w: %w", errRefused, kerr)
	}
	m.commits.Answered(nil)
	return nil
}
