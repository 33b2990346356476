package main

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
)

func (p *program) load() *cobra.Command {
	cfg := load.DefaultConfig()
	events := brokersFlag(&cobra.Command{Use: "events FILE", Short: "Send a file of events to Kafka: JSON Lines, plain or gzip", Args: takes("FILE")})
	shift := events.Flags().Bool("shift-to-now", false, "move all times so that the newest event happens now")
	events.Flags().Float64Var(&cfg.Rate, "rate", 0, "events per second at most; 0 = as fast as Kafka takes them")
	events.Flags().BoolVar(&cfg.SkipBad, "skip-bad", false, "leave out lines that are no events, instead of refusing the file")
	events.RunE = func(cmd *cobra.Command, args []string) error {
		if cfg.Rate < 0 {
			return usageError{fmt.Errorf("--rate must not be negative, is %v", cfg.Rate)}
		}
		c, err := p.settings(cmd)
		if err != nil {
			return err
		}
		if *shift {
			cfg.ShiftTo = time.Now()
		}
		cfg.Topic = c.Kafka.Name(cfg.Topic)
		producer, err := openProducer(c.Kafka, cfg.Topic)
		if err != nil {
			return err
		}
		bar := load.NewProgress(p.stderr, "events", isTerminal(p.stderr), time.Now)
		result, err := load.Run(cmd.Context(), cfg, args[0], producer, bar.Show)
		bar.End()
		return p.loaded(result, err, "events", fmt.Sprintf(", %d bad lines left out", result.Skipped))
	}
	return group("load", "Bring data in", events, p.loadCDC(), p.loadFollows())
}

// loaded says how much of what came in, also of a load that ended with an error, and returns that.
func (p *program) loaded(result load.Result, err error, what, more string) error {
	if err != nil && result.Acknowledged == 0 {
		return err
	}
	fmt.Fprintf(p.stdout, "%d %s acknowledged in %v (%.0f/s)%s\n",
		result.Acknowledged, what, result.Took.Round(time.Millisecond), load.Speed(result.Acknowledged, result.Took), more)
	return err
}

// openProducer makes sure that Kafka answers and has the topic before it returns a producer, which waits for a broker
// that is away.
func openProducer(k config.Kafka, topic string) (sarama.AsyncProducer, error) {
	client, err := kafka.Dial(k.Brokers, k.ClientID)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	partitions, _, err := kafka.Size(client, topic)
	if err != nil {
		return nil, err
	}
	if partitions == 0 {
		return nil, fmt.Errorf("topic %s does not exist: run `nova topics provision` first", topic)
	}
	producer, err := sarama.NewAsyncProducer(k.Brokers, kafka.NewConfig(k.ClientID))
	if err != nil {
		return nil, fmt.Errorf("creating a producer: %w", err)
	}
	return producer, nil
}
