package load

import (
	"encoding/json"
	"fmt"

	"github.com/IBM/sarama"
)

// mostLine bounds a line of a recording, bytes: a message of 8 MiB, its bytes as base64 and once more as text.
const mostLine = 64 << 20

// recorded is a message as a line of a recording has it. Other members of the line are for people.
type recorded struct {
	Topic     string           `json:"topic"`
	Partition int32            `json:"partition"`
	Key       []byte           `json:"key_b64"`   // nil for none
	Value     []byte           `json:"value_b64"` // nil for a tombstone
	Headers   []recordedHeader `json:"headers"`
}

type recordedHeader struct {
	Key   string `json:"key"`
	Value []byte `json:"value_b64"`
}

// eachRecorded calls f for every message of a file, with the number of its line.
func eachRecorded(path string, f func(line int, m *recorded) error) error {
	return eachText(path, mostLine, func(n int, text []byte) error {
		var m recorded
		err := json.Unmarshal(text, &m)
		switch {
		case err != nil:
			err = fmt.Errorf("reading a recorded message: %w", err)
		case m.Topic == "" || m.Partition < 0:
			err = fmt.Errorf("not a recorded message: topic %q, partition %d", m.Topic, m.Partition)
		default:
			err = f(n, &m)
		}
		if err != nil {
			return fmt.Errorf("%s, line %d: %w", path, n, err)
		}
		return nil
	})
}

// message returns what a producer is given. Its partition is the recorded one, or if the topic has fewer than that, one
// that all messages of that partition share.
func (m *recorded) message(topic string, partitions int32) *sarama.ProducerMessage {
	out := &sarama.ProducerMessage{Topic: topic, Partition: m.Partition % partitions}
	if m.Key != nil {
		out.Key = sarama.ByteEncoder(m.Key)
	}
	if m.Value != nil {
		out.Value = sarama.ByteEncoder(m.Value)
	}
	for _, h := range m.Headers {
		out.Headers = append(out.Headers, sarama.RecordHeader{Key: []byte(h.Key), Value: h.Value})
	}
	return out
}
