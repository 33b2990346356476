package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// Run reads and writes until ctx ends, which is no error: batches under way get DrainTimeout to finish, then the group is
// left. Kafka or ClickHouse being away is waited out. It returns one of the Err… of this package or commits.ErrMetadata when
// going on would lose or repeat rows. It may be called once.
func (s *Sink) Run(ctx context.Context) error {
	return commits.Keeper{
		Pace: s.pace(), Join: func() (commits.Stay, error) { return join(s) }, Final: final, Standing: &s.standing, Log: s.deps.Log,
	}.Run(ctx)
}

// pace: three tries within 700 ms, then ever longer pauses, which the breaker's take the place of when it opens.
func (s *Sink) pace() commits.Pace {
	return commits.Pace{RetryMin: s.cfg.RetryMin, RetryMax: s.cfg.RetryMax, DrainTimeout: s.cfg.DrainTimeout}
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
			backoff.WithBackOff(s.pace().Backoff()),
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
