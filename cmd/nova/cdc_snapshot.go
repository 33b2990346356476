package main

import (
	"context"

	"github.com/google/uuid"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/connect"
	"github.com/nova-social/nova-streams/internal/kafka"
)

// snapshot sends the signal that a connector which is there understands.
func snapshot(ctx context.Context, cfg *config.Effective, tables []string) error {
	connectors, err := connect.New(cfg.CDC.Connect)
	if err != nil {
		return err
	}
	connector, err := connectors.ConfigOf(ctx, cfg.CDC.Connector)
	if err != nil {
		return err
	}
	signal, err := connect.SnapshotSignal(connector, uuid.NewString(), tables)
	if err != nil {
		return err
	}
	client, err := kafka.Dial(cfg.Kafka.Brokers, cfg.Kafka.ClientID)
	if err != nil {
		return err
	}
	defer client.Close()
	if err := connect.CreateSignalTopic(client, signal.Topic, cfg.Kafka.Replication); err != nil {
		return err
	}
	return connect.Send(client, signal)
}
