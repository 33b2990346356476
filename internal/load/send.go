package load

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Config says how a file is loaded.
type Config struct {
	Topic   string        // where the events go
	ShiftTo time.Time     // moment to which the newest event is moved, all others with it; zero = times stay
	Rate    float64       // events per second at most; 0 = as fast as the broker takes them
	SkipBad bool          // leave out lines that are no events, instead of refusing the file
	Grace   time.Duration // how long a load that is stopped waits for what is under way
}

// DefaultConfig loads as fast as possible and refuses a file with a bad line.
func DefaultConfig() Config { return Config{Topic: string(topology.Events), Grace: 5 * time.Second} }

// Validate names the first field that cannot work.
func (c Config) Validate() error {
	switch {
	case c.Topic == "":
		return errors.New("load: Topic must not be empty")
	case c.Rate < 0:
		return fmt.Errorf("load: Rate must not be negative, is %v", c.Rate)
	case c.Grace <= 0:
		return fmt.Errorf("load: Grace must be positive, is %v", c.Grace)
	}
	return nil
}

// Result is what became of a load, also of one that ended with an error.
type Result struct {
	Acknowledged int // events the broker has
	Skipped      int // bad lines left out
	Took         time.Duration
}

// Run checks the file, sends its events through p, which it closes, and returns when all are acknowledged. progress is
// told now and then, by one goroutine, how many of the file's events are. A cancelled context stops the reading, waits
// up to Grace for what is under way, and is an error.
func Run(ctx context.Context, cfg Config, path string, p sarama.AsyncProducer, progress func(acked, total int)) (Result, error) {
	begin := time.Now()
	l := loader{cfg: cfg, path: path, producer: p, progress: progress}
	err := l.run(ctx)
	l.result.Took = time.Since(begin)
	return l.result, err
}

type loader struct {
	cfg      Config
	path     string
	producer sarama.AsyncProducer
	progress func(acked, total int)
	total    int
	offset   int64 // ms added to every event time
	result   Result
}

func (l *loader) run(ctx context.Context) (err error) {
	if err := l.look(); err != nil {
		l.producer.AsyncClose()
		return err
	}
	d := delivery{producer: l.producer, rate: l.cfg.Rate, grace: l.cfg.Grace, progress: func(acked int) { l.progress(acked, l.total) }}
	l.result.Acknowledged, err = d.run(ctx, l.feed)
	return err
}

// look is the first pass: a file that would be refused is refused before anything is sent.
func (l *loader) look() error {
	if err := l.cfg.Validate(); err != nil {
		return err
	}
	found, err := Look(l.path)
	if err != nil {
		return err
	}
	if found.First != nil && !l.cfg.SkipBad {
		return fmt.Errorf("%w (bad lines: %d of %d; nothing was sent)", found.First, found.Bad, found.Bad+found.Events)
	}
	if found.First != nil && found.Events == 0 {
		return fmt.Errorf("%w (none of %d lines is an event)", found.First, found.Bad)
	}
	l.total, l.result.Skipped = found.Events, found.Bad
	if !l.cfg.ShiftTo.IsZero() {
		l.offset = l.cfg.ShiftTo.UnixMilli() - found.Newest
	}
	return nil
}

// feed is the second pass.
func (l *loader) feed(send func(*sarama.ProducerMessage) error) error {
	return each(l.path, func(line Line) error {
		if line.Bad != nil {
			return nil
		}
		msg, err := l.message(line.Event)
		if err != nil {
			return err
		}
		return send(msg)
	})
}

func (l *loader) message(e *schemas.Event) (*sarama.ProducerMessage, error) {
	value := bytes.Clone(e.Raw)
	if !l.cfg.ShiftTo.IsZero() {
		var err error
		if value, err = shifted(e.Raw, e.EventTime+l.offset); err != nil {
			return nil, err
		}
	}
	return &sarama.ProducerMessage{Topic: l.cfg.Topic, Key: sarama.StringEncoder(e.Key()), Value: sarama.ByteEncoder(value)}, nil
}
