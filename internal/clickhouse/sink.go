package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/cenkalti/backoff/v5"
	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/commits"
)

// Deps are what a sink needs from the rest of the program.
type Deps struct {
	Table       Table      // usually a *Client
	Records     goka.Codec // of the topic, as the mapping picks it
	DeadLetters goka.Codec // of the dead-letter topic
	Log         *slog.Logger
	Metrics     *Metrics         // nil for none
	Commits     *commits.Metrics // nil for none
}

// Sink is a member of the consumer group that writes a table. Several of them, in one process or many, share the
// partitions of the topic.
type Sink struct {
	mapping *Mapping
	cfg     SinkConfig
	deps    Deps
	ledger  func(*membership) ledger // how claims commit; tests freeze and kill a sink here
	tune    func(*sarama.Config)     // applied to all clients; tests cut a sink off its network here

	status   status
	standing commits.Standing
	stop     context.CancelFunc
	done     chan struct{} // closed when Run has returned
	stopMu   sync.Mutex
}

// NewSink returns the sink of a mapping. It does not connect.
func NewSink(m *Mapping, cfg SinkConfig, deps Deps) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.Table == nil || deps.Records == nil || deps.DeadLetters == nil || deps.Log == nil {
		return nil, errors.New("clickhouse: Table, Records, DeadLetters and Log of a sink must be set, one is nil")
	}
	return &Sink{mapping: m, cfg: cfg, deps: deps, ledger: func(m *membership) ledger { return m }, tune: func(*sarama.Config) {}}, nil
}

// Name is the sink's consumer group, without the prefix.
func (s *Sink) Name() string { return s.mapping.Group }

// Run reads and writes until ctx ends or Close is called, which is no error: batches under way get DrainTimeout to
// finish, then the group is left. Kafka or ClickHouse being away is waited out. It returns one of the Err… of this
// package or commits.ErrMetadata when going on would lose or repeat rows. It may be called once.
func (s *Sink) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan struct{})
	s.stopMu.Lock()
	s.stop, s.done = cancel, done
	s.stopMu.Unlock()
	defer close(done)

	result := make(chan error, 1)
	go func() { result <- s.run(ctx) }()
	select {
	case err := <-result:
		s.standing.Ended(err)
		return err
	case <-ctx.Done():
	}
	// sarama's calls take no context: a broker that is away must not hold up the end of the program.
	select {
	case err := <-result:
		s.standing.Ended(err)
		return err
	case <-time.After(s.cfg.DrainTimeout + commits.Grace):
		s.standing.Ended(nil)
		s.deps.Log.WarnContext(ctx, "left without an answer from Kafka; the group will notice by itself")
		return nil
	}
}

// run takes up one membership after the other.
func (s *Sink) run(ctx context.Context) error {
	wait := s.backoff()
	for {
		begun := time.Now()
		err := s.membership(ctx)
		if ctx.Err() != nil || final(err) {
			return err
		}
		if time.Since(begun) > s.cfg.RetryMax { // it worked for a while
			wait.Reset()
		}
		s.standing.Lost(err)
		pause := wait.NextBackOff()
		s.deps.Log.WarnContext(ctx, "the sink lost its place in the group", "err", err, "joins_again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (s *Sink) membership(ctx context.Context) error {
	m, err := join(s)
	if err != nil {
		return err
	}
	s.standing.Joined()
	err = m.Consume(ctx, func() sarama.ConsumerGroupHandler { return &session{member: m} })
	if left := m.leave(); left != nil {
		s.deps.Log.WarnContext(ctx, "leaving the group", "err", left)
	}
	return err
}

// Close ends Run and waits until it has returned or ctx ends. Without a Run it does nothing.
func (s *Sink) Close(ctx context.Context) error {
	s.stopMu.Lock()
	stop, done := s.stop, s.done
	s.stopMu.Unlock()
	if stop == nil {
		return nil
	}
	stop()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("closing the sink: %w", context.Cause(ctx))
	}
}

// backoff doubles from RetryMin to RetryMax, without chance: three tries within 700 ms, then ever longer pauses, which
// the breaker's take the place of when it opens.
func (s *Sink) backoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier, b.RandomizationFactor = s.cfg.RetryMin, s.cfg.RetryMax, 2, 0
	return b
}

// permanent marks an error that trying again cannot mend.
func permanent(err error) error { return backoff.Permanent(err) }

// insist tries for as long as the session lasts, while the breaker is open not before it lets calls through again. The
// member keeps its place in the group meanwhile; sarama's heartbeats do not depend on reading.
func (s *Sink) insist(session context.Context, partition int32) insist {
	return func(ctx context.Context, doing string, do func(context.Context) error) error {
		tries := 0
		_, err := backoff.Retry(session, func() (struct{}, error) {
			err := do(ctx)
			if open, ok := errors.AsType[*BreakerError](err); ok {
				err = fmt.Errorf("%w (%w)", err, &backoff.RetryAfterError{Duration: open.Wait})
			}
			return struct{}{}, err
		},
			backoff.WithBackOff(s.backoff()),
			backoff.WithMaxElapsedTime(0),
			backoff.WithNotify(func(err error, pause time.Duration) {
				tries++
				s.waiting(partition, err)
				level := slog.LevelWarn
				if Kind(err) == KindBreakerOpen { // nothing was tried
					level = slog.LevelDebug
				} else {
					s.deps.Metrics.retried()
				}
				s.deps.Log.Log(ctx, level, "trying again", "doing", doing, "partition", partition, "tries", tries, "in", pause, "err", err)
			}))
		if tries > 0 {
			s.standing.Waited(partition)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", doing, err)
		}
		return nil
	}
}
