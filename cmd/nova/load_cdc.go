package main

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/internal/streams"
)

func (p *program) loadCDC() *cobra.Command {
	cmd := brokersFlag(&cobra.Command{
		Use: "cdc FILE…", Short: "Send recorded messages of Debezium to Kafka again: JSON Lines, plain or gzip",
		Long: "Send recorded messages of Debezium to Kafka again, each to the partition it lay in: JSON Lines, plain or gzip, with topic,\n" +
			"partition, key_b64, value_b64 and headers. Topics that are missing are created with the partitions that are needed. Of a\n" +
			"recording in Avro the schemas lie in schemas.json beside the file; they are registered first.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s takes one file or more", cmd.CommandPath())}
			}
			return nil
		},
	})
	setting(cmd, "registry", "registry.url", "URL of the schema registry")
	replay := load.Replay{Grace: load.DefaultConfig().Grace}
	topics := cmd.Flags().StringSlice("topic", nil, "send only messages of this `topic`, as it was recorded; may be repeated")
	cmd.Flags().Float64Var(&replay.Rate, "rate", 0, "messages per second at most; 0 = as fast as Kafka takes them")
	cmd.RunE = func(cmd *cobra.Command, files []string) error {
		if replay.Rate < 0 {
			return usageError{fmt.Errorf("--rate must not be negative, is %v", replay.Rate)}
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		recording, err := load.LookRecorded(files, *topics)
		if err != nil {
			return err
		}
		if replay.Topics, err = targets(cmd.Context(), cfg.Kafka, recording.Partitions); err != nil {
			return err
		}
		if recording.Avro() {
			client, err := registry.New(cfg.Registry, p.logger(cfg.Log))
			if err != nil {
				return err
			}
			defer client.Close()
			if err := recording.Register(cmd.Context(), client, cfg.Kafka.Name); err != nil {
				return err
			}
		}
		return p.replay(cmd.Context(), cfg.Kafka, recording, replay)
	}
	return cmd
}

func (p *program) replay(ctx context.Context, k config.Kafka, recording *load.Recording, how load.Replay) error {
	settings := kafka.NewConfig(k.ClientID)
	settings.Producer.Partitioner = sarama.NewManualPartitioner
	settings.Producer.MaxMessageBytes = maxRecorded
	producer, err := sarama.NewAsyncProducer(k.Brokers, settings)
	if err != nil {
		return fmt.Errorf("creating a producer: %w", err)
	}
	bar := load.NewProgress(p.stderr, "messages", isTerminal(p.stderr), time.Now)
	result, err := recording.Send(ctx, how, producer, bar.Show)
	bar.End()
	return p.loaded(result, err, fmt.Sprintf("messages of %d topics", len(how.Topics)), "")
}

// maxRecorded is the size of a message up to which it is for the broker to refuse it.
const maxRecorded = 16 << 20

// targets makes sure that there is a topic for each recorded one, whose partitions are given, and returns them.
func targets(ctx context.Context, k config.Kafka, recorded map[string]int32) (map[string]load.Target, error) {
	known := map[string]streams.TopicSpec{}
	for _, spec := range app.TopicSpecs(k) {
		known[spec.Name] = spec
	}
	var specs []streams.TopicSpec
	for topic, partitions := range recorded {
		spec := known[k.Name(topic)]
		spec.Name, spec.Partitions, spec.Replication, spec.Foreign = k.Name(topic), partitions, cmp.Or(spec.Replication, k.Replication), true
		specs = append(specs, spec)
	}
	if _, err := streams.Provision(ctx, k.Brokers, specs); err != nil {
		return nil, err
	}
	client, err := kafka.Dial(k.Brokers, k.ClientID)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	all := map[string]load.Target{}
	for topic := range recorded {
		partitions, _, err := kafka.Size(client, k.Name(topic))
		if err != nil {
			return nil, err
		}
		all[topic] = load.Target{Name: k.Name(topic), Partitions: int32(partitions)} //nolint:gosec // Kafka counts them in 32 bits
	}
	return all, nil
}
