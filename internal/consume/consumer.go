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
	return commits.Keeper{
		Pace: c.pace(), Join: func() (commits.Stay, error) { return join(c) }, Standing: &c.standing, Log: c.deps.Log,
		Final: func(err error) bool { return errors.Is(err, commits.ErrMetadata) },
	}.Run(ctx)
}

func (c *Consumer) pace() commits.Pace {
	return commits.Pace{RetryMin: c.cfg.RetryMin, RetryMax: c.cfg.RetryMax, DrainTimeout: c.cfg.DrainTimeout}
}

// insist tries for as long as the session lasts. It tells of the first failure of any partition, and when there is none
// any more.
func (c *Consumer) insist(session context.Context, partition int32, doing string, do func() error) error {
	_, err := backoff.Retry(session, func() (struct{}, error) { return struct{}{}, do() },
		backoff.WithBackOff(c.pace().Backoff()), backoff.WithMaxElapsedTime(0),
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
