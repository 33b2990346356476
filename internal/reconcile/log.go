package reconcile

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
)

// Topics is what is asked of Kafka about records. A *Kafka is one.
type Topics interface {
	// TopicID returns which incarnation of a topic there is, as rows name it.
	TopicID(topic string) (string, error)
	// EachLetter calls f for the letters about records of topic that were written to the dead-letter topic since then; a
	// record that was refused twice has two. It reports whether these are all letters there ever were.
	EachLetter(ctx context.Context, letters, topic string, since time.Time, f func(Letter)) (all bool, err error)
	// Refused returns the events whose record in topic was refused, each once, as far as the letters there are say which.
	Refused(ctx context.Context, letters, topic string) ([]Root, error)
	// Records returns the readable records of a stretch of the sink's input, the last included, that the log still holds.
	Records(ctx context.Context, topic string, partition int32, first, last int64) ([]Record, error)
}

// Kafka reads records. Prefix stands before every topic.
type Kafka struct {
	Client     sarama.Client
	Prefix     string
	Letters    goka.Codec
	Activities goka.Codec // of `activity`
	Rows       goka.Codec // of the sink's input
}

// Letter says which record of `events` a dead letter is about.
type Letter struct {
	Partition int32
	Offset    int64
	Appended  int64 // Unix ms
}

// EachLetter implements Topics.
func (k *Kafka) EachLetter(ctx context.Context, letters, topic string, since time.Time, f func(Letter)) (all bool, err error) {
	name := k.Prefix + letters
	partitions, err := k.Client.Partitions(name)
	if err != nil {
		return false, fmt.Errorf("asking for the partitions of %s: %w", name, err)
	}
	all = true
	for _, p := range partitions {
		end, err := k.Client.GetOffset(name, p, sarama.OffsetNewest)
		if err != nil {
			return false, fmt.Errorf("asking for the end of %s/%d: %w", name, p, err)
		}
		first, err := k.Client.GetOffset(name, p, since.UnixMilli())
		if errors.Is(err, sarama.ErrOffsetOutOfRange) || err == nil && first < 0 { // nothing since then
			first, err = end, nil
		}
		if err != nil {
			return false, fmt.Errorf("looking for the letters of %s/%d: %w", name, p, err)
		}
		all = all && first == 0
		if err := kafka.ReadRange(ctx, k.Client, name, p, first, end, func(m *sarama.ConsumerMessage) error {
			v, err := k.Letters.Decode(m.Value)
			if err != nil {
				return fmt.Errorf("decoding letter %s/%d/%d: %w", m.Topic, m.Partition, m.Offset, err)
			}
			if l, ok := v.(*schemas.DeadLetter); ok && l.Topic == k.Prefix+topic {
				f(Letter{l.Partition, l.Offset, l.AppendTime})
			}
			return nil
		}); err != nil {
			return false, err
		}
	}
	return all, nil
}

// Record is a record of the sink's input that may have become a row.
type Record struct {
	Offset    int64
	EventTime int64 // Unix ms
	RootTime  int64 // Unix ms
}

// Records implements Topics.
func (k *Kafka) Records(ctx context.Context, topic string, partition int32, first, last int64) ([]Record, error) {
	var records []Record
	err := kafka.ReadRange(ctx, k.Client, k.Prefix+topic, partition, first, last+1, func(m *sarama.ConsumerMessage) error {
		v, err := k.Rows.Decode(m.Value)
		if err != nil {
			return fmt.Errorf("decoding %s/%d/%d: %w", m.Topic, m.Partition, m.Offset, err)
		}
		if e, ok := v.(*schemas.EnrichedEvent); ok {
			records = append(records, Record{m.Offset, e.EventTime, e.RootTime})
		}
		return nil
	})
	return records, err
}

// TopicID implements Topics.
func (k *Kafka) TopicID(topic string) (string, error) { return kafka.TopicID(k.Client, k.Prefix+topic) }
