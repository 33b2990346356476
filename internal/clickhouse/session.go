package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/deadletter"
	"github.com/nova-social/nova-streams/internal/kafka"
)

// member is one membership of the consumer group, and what goes with it.
type member struct {
	*commits.Membership
	sink *Sink
	dead *deadLetters
}

var _ sarama.ConsumerGroupHandler = (*session)(nil)

// join connects and prepares a membership.
func join(s *Sink) (*member, error) {
	config := func() *sarama.Config {
		c := kafka.NewConfig(s.cfg.ClientID)
		s.tune(c)
		return c
	}
	group := s.cfg.Prefix + s.mapping.Group
	m, err := commits.Join(commits.Place{
		Brokers: s.cfg.Brokers, Group: group, Topic: s.cfg.Prefix + string(s.mapping.Input), Client: config,
		SessionTimeout: s.cfg.SessionTimeout, DrainTimeout: s.cfg.DrainTimeout, Standing: &s.standing,
		Metrics: s.deps.Commits.Group(s.mapping.Group), Log: s.deps.Log.With("group", group),
	})
	if err != nil {
		return nil, err
	}
	return &member{m, s, &deadLetters{deadletter.NewSender(s.cfg.Brokers, s.cfg.Prefix, string(s.mapping.DeadLetters), s.deps.DeadLetters, config())}}, nil
}

// Consume implements [commits.Stay].
func (m *member) Consume(ctx context.Context) error {
	return m.Membership.Consume(ctx, func() sarama.ConsumerGroupHandler { return &session{member: m} })
}

// Leave implements [commits.Stay].
func (m *member) Leave() error { return errors.Join(m.Membership.Leave(), m.dead.Close()) }

// session is one generation of the group, as this member sees it.
type session struct {
	member  *member
	topicID string
	starts  map[int32]start
}

// start is where a partition is taken over.
type start struct {
	from checkpoint
	new  bool // nothing was ever committed
}

// Setup reads where things stand. The group is in our generation already, so nobody else can change that any more.
func (s *session) Setup(group sarama.ConsumerGroupSession) error {
	return s.member.Begin(s.takeOver(group.Context(), group.Claims()[s.member.Offsets.Topic]))
}

func (s *session) takeOver(ctx context.Context, partitions []int32) (err error) {
	o := s.member.Offsets
	if s.topicID, err = kafka.TopicID(o.Client, o.Topic); err != nil {
		return err
	}
	committed, err := o.Fetch(ctx, partitions)
	if err != nil {
		return err
	}
	s.starts = make(map[int32]start, len(partitions))
	for _, p := range partitions {
		oldest, newest, err := o.Bounds(p)
		if err != nil {
			return err
		}
		found, ok := committed[p]
		if !ok {
			s.starts[p] = start{checkpoint{next: oldest}, true}
			continue
		}
		at := checkpoint{found.Next, found.Meta}
		needed := at.next // the first offset that may be missing from the log
		if at.meta.Announced != nil {
			needed = at.meta.Announced.Last + 1
		}
		if at.next < oldest || needed > newest {
			return fmt.Errorf("%w: partition %d is committed to %d with records up to %d to be read, the log holds [%d..%d)",
				ErrOutsideLog, p, at.next, needed, oldest, newest)
		}
		s.starts[p] = start{from: at}
	}
	return nil
}

// ConsumeClaim writes one partition for as long as it is ours.
func (s *session) ConsumeClaim(group sarama.ConsumerGroupSession, messages sarama.ConsumerGroupClaim) error {
	ctx := group.Context()
	work, cancel := s.member.Work(ctx)
	defer cancel()

	err := s.claim(ctx, work, group, messages)
	if err != nil && (ctx.Err() == nil || errors.Is(err, commits.ErrInDoubt) || final(err)) {
		s.member.Fail(err)
	}
	return nil // sarama would only log it
}

func (s *session) claim(ctx, work context.Context, group sarama.ConsumerGroupSession, messages sarama.ConsumerGroupClaim) error {
	sink, o, p := s.member.sink, s.member.Offsets, messages.Partition()
	insist := sink.insist(ctx, p)
	if s.starts[p].new && !sink.mapping.Replacing {
		if err := s.mustBeEmpty(work, insist, p); err != nil {
			return err
		}
	}
	if a := s.starts[p].from.meta.Announced; a != nil {
		sink.deps.Log.InfoContext(ctx, "finishing a range that was announced", "partition", p, "first", a.First, "last", a.Last)
	}
	defer sink.claimed(p, s.starts[p].from, messages)()
	c := &claim{
		mapping:  sink.mapping,
		messages: messages.Messages(),
		codec:    sink.deps.Records,
		limits:   sink.cfg.limits(),
		writer: &writer{
			ledger:    sink.ledger(&membership{o, commits.Member{ID: group.MemberID(), Generation: group.GenerationID()}, p}),
			table:     sink.deps.Table,
			dead:      s.member.dead,
			insist:    insist,
			metrics:   sink.deps.Metrics,
			topicID:   s.topicID,
			partition: p,
			now:       func() time.Time { return time.Now().Round(0) }, // the wall clock: the other one stops while a machine sleeps
			valid:     sink.cfg.SessionTimeout / 2,
		},
		gap: func(want, got int64) error {
			oldest, err := o.Client.GetOffset(o.Topic, p, sarama.OffsetOldest)
			if err != nil {
				return fmt.Errorf("asking for the start of partition %d: %w", p, err)
			}
			if oldest > want {
				return fmt.Errorf("%w: partition %d went on at %d after %d, the log begins at %d", ErrOutsideLog, p, got, want-1, oldest)
			}
			return nil // the log has no such records: markers, or compacted away
		},
		wrote: func(at checkpoint) { sink.committed(p, at) },
	}
	return c.run(ctx, work, s.starts[p].from)
}

// mustBeEmpty refuses to begin a partition anew of which rows were written: they would be written twice.
func (s *session) mustBeEmpty(ctx context.Context, insist insist, partition int32) error {
	return insist(ctx, "looking for rows without an offset", func(ctx context.Context) error {
		holds, err := s.member.sink.deps.Table.Holds(ctx, s.member.sink.mapping, s.topicID, partition)
		if err != nil {
			return err
		}
		if holds {
			return permanent(fmt.Errorf("%w: partition %d", ErrOffsetGone, partition))
		}
		return nil
	})
}

// Cleanup has nothing to do: what is not committed is for the next owner.
func (s *session) Cleanup(sarama.ConsumerGroupSession) error { return nil }
