package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/cenkalti/backoff/v5"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/schemas"
)

// ErrUnavailable says that Kafka has not acknowledged every event of a request in time. Which of them are written is not known.
var ErrUnavailable = fmt.Errorf("ingest: Kafka did not acknowledge in time: %w", api.ErrIngestAway)

// What is wrong inside of an ErrUnavailable.
var (
	errStopped = errors.New("the process is stopping")
	errGaveUp  = errors.New("nobody waits for it any more")
)

// Target says where events go.
type Target struct {
	Brokers  []string
	ClientID string
	Topic    string
}

// Sender gives events to Kafka. Send works while Run runs. It is an api.Ingest.
type Sender struct {
	cfg     Config
	target  Target
	room    *room
	queue   chan *sarama.ProducerMessage
	metrics *Metrics
	log     *slog.Logger

	mu      sync.RWMutex // held for reading while events are put into the queue
	stopped bool
}

// New returns a sender that connects when it runs. metrics may be nil.
func New(cfg Config, target Target, metrics *Metrics, log *slog.Logger) *Sender {
	return &Sender{
		cfg: cfg, target: target, room: newRoom(cfg, metrics), metrics: metrics, log: log,
		queue: make(chan *sarama.ProducerMessage, cfg.Queue), // as there is room, putting never waits
	}
}

var _ api.Ingest = (*Sender)(nil)

// item is what the producer carries with a message.
type item struct {
	of    *pending
	bytes int64
}

// Send returns when Kafka has acknowledged all events, which must have been checked. It waits within Config.Timeout and ctx,
// for room first, and fails with ErrUnavailable.
func (s *Sender) Send(ctx context.Context, events []*schemas.Event) error {
	if len(events) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.Timeout)
	defer cancel()
	begin := time.Now()
	err := s.send(ctx, events)
	if err != nil {
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	s.metrics.sent(len(events), time.Since(begin), err)
	return err
}

func (s *Sender) send(ctx context.Context, events []*schemas.Event) error {
	bytes := int64(0)
	for _, e := range events {
		bytes += int64(len(e.Raw))
	}
	if err := s.room.take(ctx, len(events), bytes); err != nil {
		return fmt.Errorf("waiting for room: %w", err)
	}
	p := newPending(len(events))
	if !s.put(events, p) {
		return errStopped
	}
	select {
	case <-p.done:
		return p.err
	case <-ctx.Done():
		p.gaveUp.Store(true)
		return fmt.Errorf("waiting for acknowledgements: %w", ctx.Err())
	}
}

// put gives the events of a request to the queue, all or, if the sender is at its end, none.
func (s *Sender) put(events []*schemas.Event, p *pending) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.stopped {
		for _, e := range events {
			s.room.give(int64(len(e.Raw)))
		}
		return false
	}
	for _, e := range events {
		s.queue <- &sarama.ProducerMessage{
			Topic: s.target.Topic, Key: sarama.StringEncoder(e.Key()), Value: sarama.ByteEncoder(e.Raw), Metadata: item{p, int64(len(e.Raw))},
		}
	}
	return true
}

// Run sends what is in the queue until ctx ends; then what is under way is given its time to be acknowledged. It waits for
// a broker that is away.
func (s *Sender) Run(ctx context.Context) error {
	producer, err := backoff.Retry(ctx, s.open, backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, wait time.Duration) {
		s.log.WarnContext(ctx, "events over HTTP wait for Kafka", "err", err, "again_in", wait)
	}))
	if err != nil { // only as ctx has ended
		s.stop()
		s.refuse()
		return nil //nolint:nilerr // it was asked to end
	}
	settled := make(chan struct{})
	go func() { s.settle(producer); close(settled) }()
	s.pump(ctx, producer)
	producer.AsyncClose()
	<-settled
	return nil
}

// open fails within seconds while no broker answers: a producer would insist for half a minute, without heeding ctx.
func (s *Sender) open() (sarama.AsyncProducer, error) {
	client, err := kafka.Dial(s.target.Brokers, s.target.ClientID)
	if err != nil {
		return nil, err
	}
	if err := client.Close(); err != nil {
		return nil, fmt.Errorf("closing a client: %w", err)
	}
	cfg := kafka.NewConfig(s.target.ClientID)
	cfg.Producer.Compression = sarama.CompressionLZ4
	cfg.Producer.MaxMessageBytes = 2 << 20
	cfg.ChannelBufferSize = 16 // what waits shall wait in the queue, where it can be taken back
	producer, err := sarama.NewAsyncProducer(s.target.Brokers, cfg)
	if err != nil {
		return nil, fmt.Errorf("creating a producer: %w", err)
	}
	return producer, nil
}

// pump passes the queue on until ctx ends, and then what is left of it within the time of a request.
func (s *Sender) pump(ctx context.Context, producer sarama.AsyncProducer) {
	patience, over := context.WithCancel(context.WithoutCancel(ctx))
	defer over()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.cfg.Timeout, over) })()
	for ctx.Err() == nil {
		select {
		case m := <-s.queue:
			s.pass(patience, producer, m)
		case <-ctx.Done():
		}
	}
	s.stop()
	for {
		select {
		case m := <-s.queue:
			s.pass(patience, producer, m)
		default:
			return
		}
	}
}

// pass gives a message to the producer, which may have to wait for the broker.
func (s *Sender) pass(ctx context.Context, producer sarama.AsyncProducer, m *sarama.ProducerMessage) {
	it, _ := m.Metadata.(item)
	if it.of.gaveUp.Load() {
		s.end(m, errGaveUp)
		return
	}
	select {
	case producer.Input() <- m:
	case <-ctx.Done():
		s.end(m, errStopped)
	}
}

// settle hears what became of the messages until the producer has ended.
func (s *Sender) settle(producer sarama.AsyncProducer) {
	acks, errs := producer.Successes(), producer.Errors()
	for acks != nil || errs != nil {
		select {
		case m, ok := <-acks:
			if !ok {
				acks = nil
				continue
			}
			s.end(m, nil)
		case e, ok := <-errs:
			if !ok {
				errs = nil
				continue
			}
			s.end(e.Msg, e.Err)
		}
	}
}

func (s *Sender) end(m *sarama.ProducerMessage, err error) {
	it, _ := m.Metadata.(item)
	s.room.give(it.bytes)
	it.of.settle(err)
}

// stop takes no more events.
func (s *Sender) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

// refuse ends what is in the queue.
func (s *Sender) refuse() {
	for {
		select {
		case m := <-s.queue:
			s.end(m, errStopped)
		default:
			return
		}
	}
}
