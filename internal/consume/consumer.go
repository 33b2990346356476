package consume

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
	"github.com/nova-social/nova-streams/schemas"
)

// Record is one of the topic.
type Record struct {
	Value     any // as the codec made it
	Partition int32
	Offset    int64
}

// Work is what a consumer does.
type Work struct {
	// Judge says whether a record, as decoded, is to be handled. One that is not is passed over, or is a dead letter if
	// why is set.
	Judge func(value any) (handle bool, why *schemas.Unreadable)
	// Handle does the work of some records of one partition, in order, at least one. It may get them again. It is called
	// for several partitions at the same time.
	Handle func(ctx context.Context, batch []Record) error
}

// Deps are what a consumer needs from the rest of the program.
type Deps struct {
	Records     goka.Codec // of the topic
	DeadLetters goka.Codec // of the dead-letter topic
	Log         *slog.Logger
	Metrics     *Metrics         // nil for none
	Commits     *commits.Metrics // nil for none
}

// Consumer is a member of its group. Several of them, in one process or many, share the partitions of the topic.
type Consumer struct {
	cfg     Config
	work    Work
	deps    Deps
	metrics *groupMetrics
	tune    func(*sarama.Config) // applied to all clients; tests cut a consumer off its network here

	standing commits.Standing
}

// New returns a consumer. It does not connect.
func New(cfg Config, work Work, deps Deps) (*Consumer, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Consumer{cfg: cfg, work: work, deps: deps, metrics: deps.Metrics.group(cfg.Group), tune: func(*sarama.Config) {}}, nil
}

// Name is the consumer's group, without the prefix.
func (c *Consumer) Name() string { return c.cfg.Group }

// Run reads and works until ctx ends, which is no error: batches under way get DrainTimeout to finish, then the group is
// left. Kafka being away is waited out, and so is all that Handle fails with. It returns commits.ErrMetadata if what stands
// beside the group's offsets is not its own. It may be called once.
func (c *Consumer) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	result := make(chan error, 1)
	go func() { result <- c.run(ctx) }()
	select {
	case err := <-result:
		c.standing.Ended(err)
		return err
	case <-ctx.Done():
	}
	// sarama's calls take no context: a broker that is away must not hold up the end of the program.
	select {
	case err := <-result:
		c.standing.Ended(err)
		return err
	case <-time.After(c.cfg.DrainTimeout + commits.Grace):
		c.standing.Ended(nil)
		c.deps.Log.WarnContext(ctx, "left without an answer from Kafka; the group will notice by itself")
		return nil
	}
}

// run takes up one membership after the other.
func (c *Consumer) run(ctx context.Context) error {
	wait := c.backoff()
	for {
		begun := time.Now()
		err := c.membership(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to end
		}
		if errors.Is(err, commits.ErrMetadata) {
			return err
		}
		if time.Since(begun) > c.cfg.RetryMax { // it worked for a while
			wait.Reset()
		}
		c.standing.Lost(err)
		pause := wait.NextBackOff()
		c.deps.Log.WarnContext(ctx, "lost the place in the group", "err", err, "joins_again_in", pause)
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil
		}
	}
}

func (c *Consumer) membership(ctx context.Context) error {
	m, err := join(c)
	if err != nil {
		return err
	}
	c.standing.Joined()
	err = m.Consume(ctx, func() sarama.ConsumerGroupHandler { return &session{member: m} })
	if left := m.leave(); left != nil {
		c.deps.Log.WarnContext(ctx, "leaving the group", "err", left)
	}
	return err
}

// backoff doubles from RetryMin to RetryMax, without chance.
func (c *Consumer) backoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier, b.RandomizationFactor = c.cfg.RetryMin, c.cfg.RetryMax, 2, 0
	return b
}

// insist tries for as long as the session lasts. It tells of the first failure of any partition, and when there is none
// any more.
func (c *Consumer) insist(session context.Context, partition int32, doing string, do func() error) error {
	_, err := backoff.Retry(session, func() (struct{}, error) { return struct{}{}, do() },
		backoff.WithBackOff(c.backoff()), backoff.WithMaxElapsedTime(0),
		backoff.WithNotify(func(err error, pause time.Duration) {
			c.metrics.failed()
			if c.standing.Waiting(partition, err) {
				c.deps.Log.WarnContext(session, "going on trying", "doing", doing, "partition", partition, "in", pause, "err", err)
			}
		}))
	if failures := c.standing.Waited(partition); failures > 0 && err == nil {
		c.deps.Log.InfoContext(session, "it works again", "doing", doing, "failures", failures)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}
