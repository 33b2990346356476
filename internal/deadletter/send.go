package deadletter

import (
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

// New makes a dead letter of a record that stage, a consumer group, cannot use. What would not fit into the dead-letter
// topic is cut.
func New(m *sarama.ConsumerMessage, stage string, why *schemas.Unreadable) *schemas.DeadLetter {
	d := &schemas.DeadLetter{
		Topic: m.Topic, Partition: m.Partition, Offset: m.Offset, AppendTime: m.Timestamp.UnixMilli(),
		Stage: stage, Reason: why.Reason, Detail: why.Detail[:min(len(why.Detail), maxText)],
		Key: m.Key[:min(len(m.Key), maxText)], Value: m.Value, ValueSize: size(m.Value),
	}
	if len(d.Value) > topology.MaxEventBytes {
		d.Value, d.Truncated = d.Value[:topology.MaxEventBytes], true
	}
	return d
}

// Sender sends letters to one dead-letter topic. It connects with the first. It may be used by several goroutines.
type Sender struct {
	topic   string
	brokers []string
	config  *sarama.Config
	codec   goka.Codec

	mu       sync.Mutex
	producer sarama.SyncProducer
}

// NewSender returns a sender to topic, a name in the catalogue, which in Kafka has prefix before it. It changes config.
func NewSender(brokers []string, prefix, topic string, codec goka.Codec, config *sarama.Config) *Sender {
	config.Producer.MaxMessageBytes = maxLetter(topic)
	return &Sender{topic: prefix + topic, brokers: brokers, config: config, codec: codec}
}

// maxLetter is what a dead-letter topic takes, bytes.
func maxLetter(topic string) int {
	for _, t := range topology.Topics() {
		if t.Name == topic {
			return t.MaxMessageBytes
		}
	}
	panic("deadletter: the catalogue has no topic " + topic)
}

// Send returns when the letters are durable. If it fails, some may be.
func (s *Sender) Send(letters []*schemas.DeadLetter) error {
	producer, err := s.connect()
	if err != nil {
		return fmt.Errorf("connecting to Kafka: %w", err)
	}
	records := make([]*sarama.ProducerMessage, len(letters))
	for i, letter := range letters {
		value, err := s.codec.Encode(letter)
		if err != nil {
			return fmt.Errorf("encoding the dead letter of %s/%d/%d: %w", letter.Topic, letter.Partition, letter.Offset, err)
		}
		records[i] = &sarama.ProducerMessage{Topic: s.topic, Value: sarama.ByteEncoder(value)}
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

func (s *Sender) connect() (sarama.SyncProducer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.producer == nil {
		var err error
		if s.producer, err = sarama.NewSyncProducer(s.brokers, s.config); err != nil {
			return nil, err
		}
	}
	return s.producer, nil
}

// Close ends the connection.
func (s *Sender) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.producer == nil {
		return nil
	}
	return s.producer.Close()
}
