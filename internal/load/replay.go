package load

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/IBM/sarama"
)

// Replay says how a recording is sent again.
type Replay struct {
	Topics map[string]Target // by recorded topic; messages of others are left out
	Rate   float64           // messages per second at most; 0 = as fast as the broker takes them
	Grace  time.Duration     // how long a replay that is stopped waits for what is under way
}

// Target is a topic that is there.
type Target struct {
	Name       string
	Partitions int32
}

// Send sends the messages through p, which it closes and which must leave the choice of partitions to its caller, and
// returns when all are acknowledged. Register must have been called if the recording is in Avro. progress is told how
// many are. A cancelled context stops the reading, waits up to Grace for what is under way, and is an error.
func (r *Recording) Send(ctx context.Context, cfg Replay, p sarama.AsyncProducer, progress func(acked, total int)) (Result, error) {
	begin := time.Now()
	d := delivery{producer: p, rate: cfg.Rate, grace: cfg.Grace, progress: func(acked int) { progress(acked, r.Messages) }}
	acked, err := d.run(ctx, func(send func(*sarama.ProducerMessage) error) error {
		for _, path := range r.files {
			if err := r.feed(cfg, path, send); err != nil {
				return err
			}
		}
		return nil
	})
	return Result{Acknowledged: acked, Took: time.Since(begin)}, err
}

func (r *Recording) feed(cfg Replay, path string, send func(*sarama.ProducerMessage) error) error {
	known := r.schemas[filepath.Dir(path)]
	return eachRecorded(path, func(_ int, m *recorded) error {
		to, ok := cfg.Topics[m.Topic]
		if !ok {
			return nil
		}
		if to.Partitions <= 0 {
			return fmt.Errorf("topic %s has no partitions", to.Name)
		}
		known.translate(m.Key)
		known.translate(m.Value)
		return send(m.message(to.Name, to.Partitions))
	})
}
