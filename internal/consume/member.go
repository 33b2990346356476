package consume

import (
	"context"
	"errors"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/internal/deadletter"
	"github.com/nova-social/nova-streams/internal/kafka"
)

// member is one membership of the consumer group, and what goes with it.
type member struct {
	*commits.Membership
	*Consumer
	dead *deadletter.Sender
}

// join connects and prepares a membership. It begins at the oldest record where the committed offset is not in the log.
func join(c *Consumer) (*member, error) {
	config := func() *sarama.Config {
		s := kafka.NewConfig(c.cfg.ClientID)
		c.tune(s)
		return s
	}
	m, err := commits.Join(commits.Place{
		Brokers: c.cfg.Brokers, Group: c.cfg.Prefix + c.cfg.Group, Topic: c.cfg.Prefix + c.cfg.Topic, Client: config, BeginAnew: true,
		SessionTimeout: c.cfg.SessionTimeout, DrainTimeout: c.cfg.DrainTimeout, Standing: &c.standing, Metrics: c.deps.Commits.Group(c.cfg.Group), Log: c.deps.Log,
	})
	if err != nil {
		return nil, err
	}
	return &member{m, c, deadletter.NewSender(c.cfg.Brokers, c.cfg.Prefix, c.cfg.DeadLetters, c.deps.DeadLetters, config())}, nil
}

// Consume implements [commits.Stay].
func (m *member) Consume(ctx context.Context) error {
	return m.Membership.Consume(ctx, func() sarama.ConsumerGroupHandler { return &session{member: m} })
}

// Leave implements [commits.Stay].
func (m *member) Leave() error { return errors.Join(m.Membership.Leave(), m.dead.Close()) }
