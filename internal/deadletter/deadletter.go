// Package deadletter reads the dead-letter topics for people: what was refused, by whom and why. It also writes there, for
// consumer groups that are not goka's: at least once.
//
// A stage that crashes may write a letter again, so a letter is known by the record it is about, and each is given
// once. The package does not replay letters and does not judge them.
package deadletter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// ErrNotFound says that no letter is about that record.
var ErrNotFound = errors.New("deadletter: no letter about this record")

// ID names the record a letter is about.
type ID struct {
	Topic     string
	Partition int32
	Offset    int64
}

// String returns TOPIC/PARTITION/OFFSET.
func (id ID) String() string { return fmt.Sprintf("%s/%d/%d", id.Topic, id.Partition, id.Offset) }

// ParseID reads what String wrote.
func ParseID(s string) (ID, error) {
	parts := strings.Split(s, "/")
	if len(parts) != 3 || parts[0] == "" {
		return ID{}, fmt.Errorf("deadletter: %q is not TOPIC/PARTITION/OFFSET", s)
	}
	partition, err := strconv.ParseInt(parts[1], 10, 32)
	if err != nil || partition < 0 {
		return ID{}, fmt.Errorf("deadletter: partition %q of %q is no whole number", parts[1], s)
	}
	offset, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || offset < 0 {
		return ID{}, fmt.Errorf("deadletter: offset %q of %q is no whole number", parts[2], s)
	}
	return ID{parts[0], int32(partition), offset}, nil
}

// Topics returns the dead-letter topics of the catalogue.
func Topics() []string {
	var names []string
	for _, t := range topology.Topics() {
		if strings.HasSuffix(t.Name, "-dlq") {
			names = append(names, t.Name)
		}
	}
	return names
}

// Letter is a dead letter and where it lies.
type Letter struct {
	*schemas.DeadLetter
	In ID // topic, partition and offset of the letter itself
}

// About returns the record the letter is about.
func (l Letter) About() ID { return ID{l.Topic, l.Partition, l.Offset} }

// Each calls f for every letter the topics hold, each once, in order of topic, partition and offset. A record there
// that is no letter is given as a letter about itself.
func Each(ctx context.Context, client sarama.Client, codec goka.Codec, topics []string, f func(Letter) error) error {
	seen := map[ID]bool{}
	for _, topic := range topics {
		partitions, err := client.Partitions(topic)
		if err != nil {
			return fmt.Errorf("asking for the partitions of %s: %w", topic, err)
		}
		for _, p := range partitions {
			err := kafka.ReadPartition(ctx, client, topic, p, func(m *sarama.ConsumerMessage) error {
				letter, err := decode(codec, m)
				if err != nil || seen[letter.About()] {
					return err
				}
				seen[letter.About()] = true
				return f(letter)
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func decode(codec goka.Codec, m *sarama.ConsumerMessage) (Letter, error) {
	in := ID{m.Topic, m.Partition, m.Offset}
	decoded, err := codec.Decode(m.Value)
	if err != nil {
		return Letter{}, fmt.Errorf("decoding letter %s: %w", in, err)
	}
	switch d := decoded.(type) {
	case *schemas.DeadLetter:
		return Letter{d, in}, nil
	case *schemas.Unreadable:
		return Letter{&schemas.DeadLetter{
			Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, AppendTime: m.Timestamp.UnixMilli(),
			Reason: d.Reason, Detail: "the letter itself: " + d.Detail, Key: m.Key, Value: m.Value, ValueSize: size(m.Value),
		}, in}, nil
	default:
		return Letter{}, fmt.Errorf("decoding letter %s: the codec gave %T", in, decoded)
	}
}

func size(value []byte) int64 {
	if value == nil {
		return -1
	}
	return int64(len(value))
}

var errStop = errors.New("found")

// Find returns the letter about the record of that id.
func Find(ctx context.Context, client sarama.Client, codec goka.Codec, topics []string, id ID) (Letter, error) {
	var found Letter
	err := Each(ctx, client, codec, topics, func(l Letter) error {
		if l.About() != id {
			return nil
		}
		found = l
		return errStop
	})
	switch {
	case errors.Is(err, errStop):
		return found, nil
	case err != nil:
		return Letter{}, err
	}
	return Letter{}, fmt.Errorf("%w: %s", ErrNotFound, id)
}
