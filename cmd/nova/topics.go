package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/IBM/sarama"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/topology"
)

func (p *program) topics() *cobra.Command {
	provision := brokersFlag(&cobra.Command{
		Use: "provision", Short: "Create the topics that are missing and check the others", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return err
			}
			created, err := app.Provision(cmd.Context(), cfg.Kafka)
			for _, name := range created {
				fmt.Fprintln(p.stdout, "created", name)
			}
			if err != nil {
				return err
			}
			lines, err := app.Replication(cfg.Kafka)
			for _, line := range lines {
				fmt.Fprintln(p.stderr, "nova: "+line)
			}
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "%d topics are as they should be\n", len(topology.Topics())-len(lines))
			return err
		},
	})
	list := brokersFlag(&cobra.Command{
		Use: "list", Short: "List the topics of the catalogue and what the cluster holds of them", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return err
			}
			client, err := kafka.Dial(cfg.Kafka.Brokers, cfg.Kafka.ClientID)
			if err != nil {
				return err
			}
			defer client.Close()
			return p.listTopics(client, cfg.Kafka)
		},
	})
	return group("topics", "The topics of the catalogue", provision, list)
}

func (p *program) listTopics(client sarama.Client, k config.Kafka) error {
	t := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TOPIC\tKEY\tWRITTEN BY\tCLEANUP\tPARTITIONS\tRECORDS")
	for _, topic := range topology.Topics() {
		name := k.Name(topic.Name)
		partitions, records, err := kafka.Size(client, name)
		if err != nil {
			return err
		}
		held := fmt.Sprintf("%d\t%d", partitions, records)
		if partitions == 0 {
			held = "missing\t"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", name, topic.Key, topic.Owner, topic.Cleanup, held)
	}
	return t.Flush()
}
