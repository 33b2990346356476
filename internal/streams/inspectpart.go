package streams

import (
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"github.com/nova-social/nova-streams/schemas"
)

// mark is a committed offset as it lies at the coordinator.
type mark struct {
	next  int64
	meta  schemas.CommitMeta
	bytes int // of the metadata
}

// marksOf reads what a group has committed for the partitions of a topic.
func marksOf(res kadm.FetchOffsetsResponse, topic string) (map[int32]mark, error) {
	if res.Err != nil && !errors.Is(res.Err, kerr.GroupIDNotFound) { // a group nobody has joined yet has committed nothing
		return nil, fmt.Errorf("fetching committed offsets of %s: %w", res.Group, res.Err)
	}
	marks := map[int32]mark{}
	for p, o := range res.Fetched[topic] {
		if o.Err != nil {
			return nil, fmt.Errorf("fetching committed offset of %s for %s/%d: %w", res.Group, topic, p, o.Err)
		}
		if o.At < 0 {
			continue
		}
		meta, err := schemas.DecodeCommitMeta(o.Metadata)
		if err != nil {
			return nil, fmt.Errorf("reading commit metadata of %s for %s/%d: %w", res.Group, topic, p, err)
		}
		marks[p] = mark{o.At, meta, len(o.Metadata)}
	}
	return marks, nil
}

// ownersOf returns which member has which partition of a topic.
func ownersOf(g kadm.DescribedGroup, topic string) map[int32]string {
	owners := map[int32]string{}
	for _, m := range g.Members {
		name := m.ClientID
		if m.InstanceID != nil {
			name = *m.InstanceID
		}
		assigned, ok := m.Assigned.AsConsumer()
		if !ok {
			continue
		}
		for _, t := range assigned.Topics {
			if t.Topic != topic {
				continue
			}
			for _, p := range t.Partitions {
				owners[p] = name
			}
		}
	}
	return owners
}

// partitionsOf puts together what is known of each partition of a topic.
func partitionsOf(topic string, starts, ends kadm.ListedOffsets, marks map[int32]mark, owners map[int32]string) ([]PartitionStatus, error) {
	parts := make([]PartitionStatus, 0, len(ends[topic]))
	for p, end := range ends[topic] {
		if errors.Is(end.Err, kerr.UnknownTopicOrPartition) {
			return nil, fmt.Errorf("%w: %s", ErrNoTopic, topic)
		}
		held, err := spanOf(topic, p, starts, ends)
		if err != nil {
			return nil, err
		}
		s := PartitionStatus{Partition: p, Start: held.start, Committed: -1, End: held.end, Owner: owners[p]}
		// an offset behind the end, which was read later, is of a topic that is no more
		if at, has := marks[p]; has && at.next <= end.Offset {
			s.Committed, s.Meta, s.MetaBytes = at.next, at.meta, at.bytes
		}
		parts = append(parts, s)
	}
	slices.SortFunc(parts, func(a, b PartitionStatus) int { return int(a.Partition - b.Partition) })
	return parts, nil
}
