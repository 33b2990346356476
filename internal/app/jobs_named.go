package app

import (
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/refresh"
	"github.com/nova-social/nova-streams/topology"
)

// namedJobs says what the kinds of named jobs do, and which of them this process cannot do.
func (a *App) namedJobs(deps *jobs.Deps) error {
	client, err := refresh.OpenClient(a.cfg.ClickHouse, clickhouse.Measured(a.calls()))
	if err != nil {
		return err
	}
	a.onClose(client.Close)
	keys, err := cache.NewKeys(a.cfg.Redis)
	if err != nil {
		return err
	}
	a.onClose(keys.Close)
	reconcile, err := a.reconciling()
	if err != nil {
		return err
	}
	to := func(s jobs.Spec) refresh.Target { return refresh.Target{Writer: keys, Key: s.Key, TTL: s.TTL} }
	metrics := refresh.NewMetrics(a.metrics)
	type work = func(context.Context) error
	deps.Leases, deps.Bury = keys, a.bury
	deps.Work = map[string]jobs.Work{
		jobs.SQLToRedis: {Make: func(s jobs.Spec) work { return refresh.SQLToRedis(client, s.Query, s.MaxRows, to(s)) }},
		jobs.TrendingFallback: {Make: func(s jobs.Spec) work {
			return refresh.TrendingFallback(client, s.Hours, s.Limit, a.cfg.Weights, time.Now, to(s))
		}},
		jobs.ViewFreshness: {Everywhere: true, Make: func(s jobs.Spec) work {
			return refresh.ViewFreshness(client, s.Views, s.MaxAge, metrics)
		}},
		jobs.Reconciliation: {Make: func(jobs.Spec) work { return reconcile.Check }},
	}
	deps.Work[jobs.SuggestionWarmup] = jobs.Work{Make: func(s jobs.Spec) work {
		return refresh.SuggestionWarmup(client, s.Users, s.Since, time.Now, a.asked)
	}}
	if a.asked == nil { // what is suggested is made of the follow graph, which is large
		deps.Work[jobs.SuggestionWarmup] = jobs.Work{Lacks: fmt.Sprintf("the role %s in the same process", API)}
	}
	return nil
}

// bury writes the dead letter of a job. Such letters are rare: each has a connection of its own.
func (a *App) bury(ctx context.Context, dead jobs.Dead) error {
	letter, err := dead.Letter()
	if err != nil {
		return fmt.Errorf("making the dead letter: %w", err)
	}
	value, err := a.codecs.DeadLetters.Encode(letter)
	if err != nil {
		return fmt.Errorf("encoding the dead letter: %w", err)
	}
	message := &sarama.ProducerMessage{
		Topic: a.cfg.Kafka.Name(string(topology.JobsDLQ)), Key: sarama.ByteEncoder(letter.Key), Value: sarama.ByteEncoder(value),
	}
	_, err = leaving(ctx, func() (struct{}, error) { // Kafka's clients do not end with ctx
		return struct{}{}, sendOne(a.cfg.Kafka.Brokers, a.cfg.Kafka.ClientID, message)
	})
	return err
}

func sendOne(brokers []string, clientID string, message *sarama.ProducerMessage) error {
	client, err := kafka.Dial(brokers, clientID)
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	producer, err := sarama.NewSyncProducerFromClient(client)
	if err != nil {
		return fmt.Errorf("making a producer: %w", err)
	}
	defer func() { _ = producer.Close() }()
	if _, _, err := producer.SendMessage(message); err != nil {
		return fmt.Errorf("sending to %s: %w", message.Topic, err)
	}
	return nil
}
