package main

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/deadletter"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas"
)

func (p *program) dlq() *cobra.Command {
	list := &cobra.Command{Use: "list", Short: "One line per record that was refused", Args: takes()}
	list.RunE = p.letters(func(ctx context.Context, client sarama.Client, codec goka.Codec, topics, _ []string) error {
		n := 0
		err := deadletter.Each(ctx, client, codec, topics, func(l deadletter.Letter) error {
			n++
			_, err := fmt.Fprintln(p.stdout, deadletter.Line(l))
			return err
		})
		fmt.Fprintf(p.stderr, "%d dead letters\n", n)
		return err
	})
	show := &cobra.Command{
		Use: "show TOPIC/PARTITION/OFFSET", Short: "Everything known about one refused record (where it lay, as list prints it), its value included", Args: takes("TOPIC/PARTITION/OFFSET"),
	}
	show.RunE = p.letters(func(ctx context.Context, client sarama.Client, codec goka.Codec, topics, args []string) error {
		id, err := deadletter.ParseID(args[0])
		if err != nil {
			return usageError{err}
		}
		letter, err := deadletter.Find(ctx, client, codec, topics, id)
		if err != nil {
			return err
		}
		return deadletter.Print(p.stdout, letter)
	})
	for _, cmd := range []*cobra.Command{list, show} {
		setting(brokersFlag(cmd), "registry", "registry.url", "URL of the schema registry")
	}
	return group("dlq", "The dead-letter topics", list, show)
}

// letters wraps a command that reads dead letters with what that takes: a connection, a codec, the topics.
func (p *program) letters(f func(_ context.Context, _ sarama.Client, _ goka.Codec, topics, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		client, err := kafka.Dial(cfg.Kafka.Brokers, cfg.Kafka.ClientID)
		if err != nil {
			return err
		}
		defer client.Close()
		codecs, stop, err := connectCodecs(cmd.Context(), cfg, p.logger(cfg.Log))
		if err != nil {
			return err
		}
		defer stop()
		topics := deadletter.Topics()
		for i, name := range topics {
			topics[i] = cfg.Kafka.Name(name)
		}
		return f(cmd.Context(), client, codecs.DeadLetters, topics, args)
	}
}

// connectCodecs returns codecs that know the registry, and what ends them.
func connectCodecs(ctx context.Context, cfg *config.Effective, log *slog.Logger) (*schemas.Codecs, func(), error) {
	reg, err := registry.New(cfg.Registry, log)
	if err != nil {
		return nil, nil, err
	}
	codecs, err := schemas.NewCodecs(ctx, reg)
	if err != nil {
		reg.Close()
		return nil, nil, err
	}
	return codecs, reg.Close, nil
}
