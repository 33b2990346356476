package kafka

import (
	"context"
	"errors"
	"fmt"

	"github.com/IBM/sarama"
)

// ReadPartition calls f for every record one partition holds at the time of the call, oldest first, and returns when
// the last was read or f fails. It does not see transactional records.
func ReadPartition(ctx context.Context, client sarama.Client, topic string, partition int32, f func(*sarama.ConsumerMessage) error) error {
	end, err := client.GetOffset(topic, partition, sarama.OffsetNewest)
	if err != nil {
		return fmt.Errorf("asking for the end of %s/%d: %w", topic, partition, err)
	}
	return ReadRange(ctx, client, topic, partition, 0, end, f)
}

// ReadRange calls f for every record the partition holds of the offsets from first up to, without, end, oldest first. The
// log must have come to end.
func ReadRange(ctx context.Context, client sarama.Client, topic string, partition int32, first, end int64, f func(*sarama.ConsumerMessage) error) (err error) {
	oldest, err := client.GetOffset(topic, partition, sarama.OffsetOldest)
	if err != nil {
		return fmt.Errorf("asking for the start of %s/%d: %w", topic, partition, err)
	}
	first = max(first, oldest)
	if first >= end {
		return nil
	}
	consumer, err := sarama.NewConsumerFromClient(client)
	if err != nil {
		return fmt.Errorf("creating a consumer: %w", err)
	}
	defer func() { err = errors.Join(err, consumer.Close()) }()
	records, err := consumer.ConsumePartition(topic, partition, first)
	if err != nil {
		return fmt.Errorf("reading %s/%d: %w", topic, partition, err)
	}
	defer func() { err = errors.Join(err, records.Close()) }()
	for next := first; next < end; {
		select {
		case m := <-records.Messages():
			if m.Offset >= end {
				return nil
			}
			if err := f(m); err != nil {
				return err
			}
			next = m.Offset + 1
		case e := <-records.Errors():
			return fmt.Errorf("reading %s/%d: %w", topic, partition, e.Err)
		case <-ctx.Done():
			return fmt.Errorf("reading %s/%d, at offset %d of %d: %w", topic, partition, next, end, ctx.Err())
		}
	}
	return nil
}
