package commits

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/IBM/sarama"
)

// Grace is what leaving a group may take beyond the time for batches under way.
const Grace = 3 * time.Second

// Place is what a member joins a consumer group with.
type Place struct {
	Brokers        []string
	Group, Topic   string                // names in Kafka
	Client         func() *sarama.Config // a new one for each client
	SessionTimeout time.Duration         // silence after which the group gives the partitions away
	DrainTimeout   time.Duration         // for batches under way when partitions are taken away
	BeginAnew      bool                  // from the oldest record, where the committed offset is not in the log
	Standing       *Standing             // where it is booked that the member is in the group
	Metrics        *Group                // nil for none
	Log            *slog.Logger
}

// Membership is one stay in a consumer group, from joining to leaving. Rebalances happen within it; after an error it is left
// and a new one begun, so that nothing the old one has sent is accepted any more.
type Membership struct {
	Offsets *Coordinator

	standing *Standing
	drain    time.Duration
	log      *slog.Logger
	client   sarama.Client // of the group
	group    sarama.ConsumerGroup

	mu  sync.Mutex
	err error // the first failure
}

// Join connects and prepares a membership, which Consume begins.
func Join(p Place) (_ *Membership, err error) {
	m := &Membership{Offsets: &Coordinator{Group: p.Group, Topic: p.Topic, Metrics: p.Metrics}, standing: p.Standing, drain: p.DrainTimeout, log: p.Log}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("connecting to Kafka: %w", err), m.Leave())
		}
	}()
	config := p.Client()
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.Group.ResetInvalidOffsets = p.BeginAnew
	config.Consumer.Group.Session.Timeout = p.SessionTimeout
	config.Consumer.Group.Heartbeat.Interval = p.SessionTimeout / 10
	// A member that dies amid a rebalance is waited for no longer than one that lives may need.
	config.Consumer.Group.Rebalance.Timeout = p.SessionTimeout + p.DrainTimeout + Grace
	config.Consumer.MaxProcessingTime = 250 * time.Millisecond // a partition that waits longer stops holding up the others
	if m.client, err = sarama.NewClient(p.Brokers, config); err != nil {
		return m, err
	}
	if m.group, err = sarama.NewConsumerGroupFromClient(p.Group, m.client); err != nil {
		return m, err
	}
	asking := p.Client()
	asking.Metadata.Retry.Max = 3 // it is asked again
	asking.Net.ReadTimeout = 10 * time.Second
	m.Offsets.Client, err = sarama.NewClient(p.Brokers, asking)
	return m, err
}

// Leave leaves the group and closes all connections.
func (m *Membership) Leave() error {
	var errs []error
	if m.group != nil {
		errs = append(errs, m.group.Close())
	}
	if m.client != nil {
		errs = append(errs, m.client.Close())
	}
	if m.Offsets.Client != nil {
		errs = append(errs, m.Offsets.Client.Close())
	}
	return errors.Join(errs...)
}

// Consume has sessions handled through rebalances until ctx ends, which is no error, or something fails.
func (m *Membership) Consume(ctx context.Context, session func() sarama.ConsumerGroupHandler) error {
	go func() {
		for err := range m.group.Errors() {
			m.log.WarnContext(ctx, "consuming", "err", err)
		}
	}()
	for {
		err := m.group.Consume(ctx, []string{m.Offsets.Topic}, session())
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to end; what sarama says of it is no news
		}
		if failure := m.failure(); failure != nil {
			return failure
		}
		if err != nil {
			return fmt.Errorf("consuming %s: %w", m.Offsets.Topic, err)
		}
	}
}

// Begin books how a session begins: the member runs, or Consume ends with an error of what it found. It returns err.
func (m *Membership) Begin(err error) error {
	if err != nil {
		m.Fail(err)
		return err
	}
	m.standing.Joined()
	return nil
}

// Work returns a context for batches, which goes on for DrainTimeout when that of the session ends.
func (m *Membership) Work(session context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancel(context.WithoutCancel(session))
	stop := context.AfterFunc(session, func() { time.AfterFunc(m.drain, cancel) })
	return work, func() { stop(); cancel() }
}

// Fail ends Consume with the first error that it is told of, when the session is over.
func (m *Membership) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
	}
}

func (m *Membership) failure() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}
