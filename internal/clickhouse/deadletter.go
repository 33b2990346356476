package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// maxText is how much of a key, and of the detail, a letter carries, bytes. With MaxEventBytes of the value it fits into
// the dead-letter topic whatever was read: a letter that does not would hold the partition up for ever.
const maxText = 16 << 10

// bury makes a dead letter of a record. What would not fit into the dead-letter topic is cut.
func (m *Mapping) bury(row Row, why *schemas.Unreadable) *schemas.DeadLetter {
	message := row.message
	d := &schemas.DeadLetter{
		Topic: message.Topic, Partition: message.Partition, Offset: message.Offset, AppendTime: message.Timestamp.UnixMilli(),
		Stage: m.Group, Reason: why.Reason, Detail: why.Detail[:min(len(why.Detail), maxText)],
		Key: message.Key[:min(len(message.Key), maxText)], Value: message.Value, ValueSize: int64(len(message.Value)),
	}
	if row.Record != nil {
		d.Origin = m.Origin(row.Record)
	}
	if message.Value == nil {
		d.ValueSize = -1
	}
	if len(d.Value) > topology.MaxEventBytes {
		d.Value, d.Truncated = d.Value[:topology.MaxEventBytes], true
	}
	return d
}

// badRow makes a dead letter of a row that the table refused.
func (m *Mapping) badRow(row Row, why error) *schemas.DeadLetter {
	return m.bury(row, &schemas.Unreadable{Reason: schemas.ReasonBadRow, Detail: why.Error()})
}

// maxLetter is what the dead-letter topic takes, bytes.
func (m *Mapping) maxLetter() int {
	for _, t := range topology.Topics() {
		if t.Name == string(m.DeadLetters) {
			return t.MaxMessageBytes
		}
	}
	panic("clickhouse: the catalogue has no dead-letter topic")
}

// deadLetters sends to the dead-letter topic. It connects with the first letter.
type deadLetters struct {
	topic   string
	brokers []string
	config  *sarama.Config
	codec   goka.Codec

	mu       sync.Mutex
	producer sarama.SyncProducer
}

func (d *deadLetters) send(_ context.Context, letters []*schemas.DeadLetter) error {
	producer, err := d.connect()
	if err != nil {
		return fmt.Errorf("connecting to Kafka: %w", err)
	}
	records := make([]*sarama.ProducerMessage, len(letters))
	for i, letter := range letters {
		value, err := d.codec.Encode(letter)
		if err != nil {
			return fmt.Errorf("encoding the dead letter of %s/%d/%d: %w", letter.Topic, letter.Partition, letter.Offset, err)
		}
		records[i] = &sarama.ProducerMessage{Topic: d.topic, Value: sarama.ByteEncoder(value)}
		if letter.Key != nil {
			records[i].Key = sarama.ByteEncoder(letter.Key)
		}
	}
	if err := producer.SendMessages(records); err != nil {
		var each sarama.ProducerErrors
		if errors.As(err, &each) && len(each) > 0 {
			err = each[0].Err // the whole says only how many
		}
		return fmt.Errorf("sending %d dead letters: %w", len(letters), err)
	}
	return nil
}

func (d *deadLetters) connect() (sarama.SyncProducer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.producer == nil {
		var err error
		if d.producer, err = sarama.NewSyncProducer(d.brokers, d.config); err != nil {
			return nil, err
		}
	}
	return d.producer, nil
}

func (d *deadLetters) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.producer == nil {
		return nil
	}
	return d.producer.Close()
}
