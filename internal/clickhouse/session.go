package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/kafka"
)

// member is one membership of the consumer group, from joining to leaving. Rebalances happen within it; after an error
// it is left and a new one begun, so that nothing the old one has sent is accepted any more.
type member struct {
	sink    *Sink
	client  sarama.Client // of the group
	group   sarama.ConsumerGroup
	offsets *offsets
	dead    *deadLetters

	mu  sync.Mutex
	err error // the first failure
}

var _ sarama.ConsumerGroupHandler = (*session)(nil)

// join connects and prepares a membership.
func join(s *Sink) (_ *member, err error) {
	m := &member{sink: s, offsets: &offsets{group: s.cfg.Prefix + s.mapping.Group, topic: s.cfg.Prefix + string(s.mapping.Input), commits: s.deps.Commits.Group(s.mapping.Group)}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("connecting to Kafka: %w", err), m.leave())
		}
	}()
	config := m.config()
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.Session.Timeout = s.cfg.SessionTimeout
	config.Consumer.Group.Heartbeat.Interval = s.cfg.SessionTimeout / 10
	// A member that dies amid a rebalance is waited for no longer than one that lives may need.
	config.Consumer.Group.Rebalance.Timeout = s.cfg.SessionTimeout + s.cfg.DrainTimeout + grace
	config.Consumer.MaxProcessingTime = 250 * time.Millisecond // a partition that waits longer stops holding up the others
	if m.client, err = sarama.NewClient(s.cfg.Brokers, config); err != nil {
		return m, err
	}
	if m.group, err = sarama.NewConsumerGroupFromClient(m.offsets.group, m.client); err != nil {
		return m, err
	}
	asking := m.config()
	asking.Metadata.Retry.Max = 3 // it is asked again
	asking.Net.ReadTimeout = 10 * time.Second
	if m.offsets.client, err = sarama.NewClient(s.cfg.Brokers, asking); err != nil {
		return m, err
	}
	m.dead = &deadLetters{topic: s.cfg.Prefix + string(s.mapping.DeadLetters), brokers: s.cfg.Brokers, config: m.burying(), codec: s.deps.DeadLetters}
	return m, nil
}

func (m *member) config() *sarama.Config {
	c := kafka.NewConfig(m.sink.cfg.ClientID)
	m.sink.tune(c)
	return c
}

// burying is the configuration of the producer of dead letters.
func (m *member) burying() *sarama.Config {
	c := m.config()
	c.Producer.MaxMessageBytes = m.sink.mapping.maxLetter()
	return c
}

// leave leaves the group and closes all connections.
func (m *member) leave() error {
	var errs []error
	if m.group != nil {
		errs = append(errs, m.group.Close())
	}
	if m.client != nil {
		errs = append(errs, m.client.Close())
	}
	if m.offsets.client != nil {
		errs = append(errs, m.offsets.client.Close())
	}
	if m.dead != nil {
		errs = append(errs, m.dead.close())
	}
	return errors.Join(errs...)
}

// consume reads through rebalances until ctx ends, which is no error, or something fails.
func (m *member) consume(ctx context.Context) error {
	go func() {
		for err := range m.group.Errors() {
			m.sink.deps.Log.WarnContext(ctx, "consuming", "group", m.offsets.group, "err", err)
		}
	}()
	for {
		err := m.group.Consume(ctx, []string{m.offsets.topic}, &session{member: m})
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to end; what sarama says of it is no news
		}
		if failure := m.failure(); failure != nil {
			return failure
		}
		if err != nil {
			return fmt.Errorf("consuming %s: %w", m.offsets.topic, err)
		}
	}
}

func (m *member) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
}

func (m *member) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

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
	err := s.takeOver(group.Context(), group.Claims()[s.member.offsets.topic])
	if err != nil {
		s.member.fail(err)
	}
	return err
}

func (s *session) takeOver(ctx context.Context, partitions []int32) (err error) {
	o := s.member.offsets
	if s.topicID, err = kafka.TopicID(o.client, o.topic); err != nil {
		return err
	}
	committed, err := o.fetch(ctx, partitions)
	if err != nil {
		return err
	}
	s.starts = make(map[int32]start, len(partitions))
	for _, p := range partitions {
		oldest, err := o.client.GetOffset(o.topic, p, sarama.OffsetOldest)
		if err != nil {
			return fmt.Errorf("asking for the start of partition %d: %w", p, err)
		}
		newest, err := o.client.GetOffset(o.topic, p, sarama.OffsetNewest)
		if err != nil {
			return fmt.Errorf("asking for the end of partition %d: %w", p, err)
		}
		at, ok := committed[p]
		if !ok {
			s.starts[p] = start{checkpoint{next: oldest}, true}
			continue
		}
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
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(s.member.sink.cfg.DrainTimeout, cancel) })()

	err := s.claim(ctx, work, group, messages)
	if err != nil && (ctx.Err() == nil || errors.Is(err, errInDoubt) || final(err)) {
		s.member.fail(err)
	}
	return nil // sarama would only log it
}

func (s *session) claim(ctx, work context.Context, group sarama.ConsumerGroupSession, messages sarama.ConsumerGroupClaim) error {
	sink, o, p := s.member.sink, s.member.offsets, messages.Partition()
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
			ledger:    sink.ledger(&membership{o, group.MemberID(), group.GenerationID(), p}),
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
			oldest, err := o.client.GetOffset(o.topic, p, sarama.OffsetOldest)
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
