package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/docker"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/connect"
	"github.com/nova-social/nova-streams/internal/kafka"
)

func (p *program) cdc() *cobra.Command {
	return group("cdc", "The connector that captures the application's database", p.cdcRegister(), p.cdcStatus(), p.cdcSnapshot())
}

// connectFlag adds --connect.
func connectFlag(cmd *cobra.Command) *cobra.Command {
	setting(cmd, "connect", "cdc.connect_url", "URL of Kafka Connect")
	return cmd
}

func (p *program) cdcRegister() *cobra.Command {
	cmd := connectFlag(brokersFlag(&cobra.Command{
		Use: "register", Short: "Create the connector in Kafka Connect or change it, and wait until it runs", Args: takes(),
		Long: "Create the connector in Kafka Connect or change it, and wait until its tasks run. Without --file it is the one in\n" +
			"docker/debezium; how it reaches the database is in the environment of Connect (docker-compose.yml), not in it.",
	}))
	f := cmd.Flags()
	format := f.String("format", "json", "what the connector writes: json or avro")
	file := f.String("file", "", "`file` with another connector, as Connect takes it: {\"name\": …, \"config\": {…}}")
	timeout := f.Duration("timeout", time.Minute, "how long it may take until it runs")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *timeout <= 0 {
			return usageError{fmt.Errorf("--timeout must be positive, is %v", *timeout)}
		}
		connector, err := readConnector(*file, *format)
		if err != nil {
			return err
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		if topic, err := connect.SignalTopic(connector.Config); err == nil {
			if err := createSignalTopic(cfg.Kafka, topic); err != nil {
				return err
			}
		}
		client, err := connect.New(cfg.CDC.Connect)
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), *timeout)
		defer cancel()
		outcome, err := client.Register(ctx, connector)
		if outcome != "" {
			fmt.Fprintf(p.stdout, "connector %s: %s\n", connector.Name, outcome)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.stdout, "connector %s runs\n", connector.Name)
		return err
	}
	return cmd
}

func readConnector(file, format string) (connect.Connector, error) {
	text, err := docker.Connector(format)
	if err != nil {
		return connect.Connector{}, usageError{fmt.Errorf("--format: %w", err)}
	}
	if file != "" {
		if text, err = os.ReadFile(file); err != nil {
			return connect.Connector{}, fmt.Errorf("reading a connector: %w", err)
		}
	}
	return connect.Parse(text)
}

func createSignalTopic(k config.Kafka, topic string) error {
	client, err := kafka.Dial(k.Brokers, k.ClientID)
	if err != nil {
		return err
	}
	defer client.Close()
	return connect.CreateSignalTopic(client, topic, k.Replication)
}

func (p *program) cdcStatus() *cobra.Command {
	return connectFlag(&cobra.Command{
		Use: "status", Short: "Print how the connector and its tasks are; fails unless all run", Args: takes(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return err
			}
			client, err := connect.New(cfg.CDC.Connect)
			if err != nil {
				return err
			}
			status, err := client.Status(cmd.Context(), cfg.CDC.Connector)
			if err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "connector %s: %v\n", status.Name, status.Connector)
			for _, task := range status.Tasks {
				fmt.Fprintf(p.stdout, "task %d: %v\n", task.ID, task.State)
			}
			return status.Check()
		},
	})
}

func (p *program) cdcSnapshot() *cobra.Command {
	return connectFlag(brokersFlag(&cobra.Command{
		Use: "snapshot TABLE…", Short: "Have Debezium read tables again, while it goes on with their changes",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s takes one table or more, such as posts or public.posts", cmd.CommandPath())}
			}
			return nil
		},
		Long: "Have Debezium read tables again, while it goes on with their changes: each row comes once more, as a read one. The signal\n" +
			"goes through the topic that the connector names (signal.kafka.topic) and is taken up once the connector runs.",
		RunE: func(cmd *cobra.Command, tables []string) error {
			cfg, err := p.settings(cmd)
			if err != nil {
				return err
			}
			if err := snapshot(cmd.Context(), cfg, tables); err != nil {
				return err
			}
			_, err = fmt.Fprintf(p.stdout, "asked connector %s to read again: %s\n", cfg.CDC.Connector, strings.Join(tables, ", "))
			return err
		},
	}))
}
