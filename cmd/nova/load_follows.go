package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/load"
)

func (p *program) loadFollows() *cobra.Command {
	follows := load.DefaultFollows(time.Time{})
	cmd := brokersFlag(&cobra.Command{
		Use: "follows FILE", Short: "Send a follow graph to Kafka: CSV, plain or gzip", Args: takes("FILE"),
		Long: "Send a follow graph to Kafka, as the changes that Debezium would write of the application's follows. A line of the file is\n" +
			"follower,followee, in quotes or not; spaces around an id are no part of it. The first line may be a header:\n" +
			"follower,followee or follower_id,followee_id or user_a,user_b, in any case. One that looks like another header, such as\n" +
			"source,target, is refused: put a known one in its place. The file may be sent again: a follow is there or it is not. It\n" +
			"is for systems without a database: what a database says of the same follows does not count after it.",
	})
	cmd.Flags().BoolVar(&follows.Mutual, "mutual", false, "each line is a follow both ways")
	cmd.Flags().BoolVar(&follows.Unfollow, "unfollow", false, "the follows of the file end")
	cmd.Flags().Float64Var(&follows.Rate, "rate", 0, "changes per second at most; 0 = as fast as Kafka takes them")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if follows.Rate < 0 {
			return usageError{fmt.Errorf("--rate must not be negative, is %v", follows.Rate)}
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		follows.At, follows.Topic = time.Now(), cfg.Kafka.Name(follows.Topic)
		producer, err := openProducer(cfg.Kafka, follows.Topic)
		if err != nil {
			return err
		}
		bar := load.NewProgress(p.stderr, "changes", isTerminal(p.stderr), time.Now)
		result, err := follows.Send(cmd.Context(), args[0], producer, bar.Show)
		bar.End()
		return p.loaded(result, err, "changes", "")
	}
	return cmd
}
