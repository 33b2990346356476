package streams

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kgo"
)

// newClient returns the Kafka client of one group generation: idempotent, acks from all in-sync replicas, retries
// without end, murmur2 as Java clients have it. Data loss seen by the broker fails every later record, so that none
// overtakes a lost one. Produce never blocks: MaxUnacked bounds what a task sends.
func newClient(cfg *Config) (*kgo.Client, error) {
	cl, err := kgo.NewClient(
		kgo.SeedBrokers(cfg.Brokers...),
		kgo.ClientID(cfg.ClientID),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(kgo.StickyKeyPartitioner(nil)), // nil: murmur2 with Java's mask
		kgo.StopProducerOnDataLossDetected(),
		kgo.ProducerLinger(cfg.Linger),
		kgo.ProducerBatchCompression(kgo.SnappyCompression(), kgo.NoCompression()),
		kgo.ProducerBatchMaxBytes(maxBatchBytes),
		kgo.MaxBufferedRecords(1<<30),
		kgo.MetadataMinAge(100*time.Millisecond),
	)
	if err != nil {
		return nil, fmt.Errorf("creating producer: %w", err)
	}
	return cl, nil
}

// maxBatchBytes has room for the largest record of the catalogue, a dead letter.
const maxBatchBytes = 4 << 20

// errNoSession is what an emit outside a session gets.
var errNoSession = errors.New("streams: no group generation is open")

// producer is goka's way to the client of the current generation. It owns none: a client lives and dies with its
// session. Verbs do not come through here but through taskContext.
type producer struct{ client func() *kgo.Client }

var _ goka.Producer = producer{}

// Emit sends a record; the promise carries its partition and offset.
func (p producer) Emit(topic, key string, value []byte) *goka.Promise {
	return p.EmitWithHeaders(topic, key, value, nil)
}

// EmitWithHeaders is Emit with record headers.
func (p producer) EmitWithHeaders(topic, key string, value []byte, headers goka.Headers) *goka.Promise {
	promise, finish := goka.NewPromiseWithFinisher()
	cl := p.client()
	if cl == nil {
		return finish(nil, errNoSession)
	}
	r := &kgo.Record{Topic: topic, Key: []byte(key), Value: value}
	for k, v := range headers {
		r.Headers = append(r.Headers, kgo.RecordHeader{Key: k, Value: v})
	}
	cl.Produce(context.Background(), r, func(r *kgo.Record, err error) {
		if err != nil {
			finish(nil, err)
			return
		}
		finish(&sarama.ProducerMessage{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset}, nil)
	})
	return promise
}

// Close does nothing: the session closes its client.
func (p producer) Close() error { return nil }
