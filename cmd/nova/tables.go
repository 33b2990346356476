package main

import (
	"encoding/json"
	"fmt"

	"github.com/IBM/sarama"
	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/tables"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func (p *program) tables() *cobra.Command {
	get := brokersFlag(&cobra.Command{
		Use: "get GROUP KEY", Short: "Print the latest row of a key as JSON", Args: takes("GROUP", "KEY"),
		RunE: func(cmd *cobra.Command, args []string) error {
			kept, err := p.openTables(cmd)
			if err != nil {
				return err
			}
			defer kept.client.Close()
			found, err := tables.Get(cmd.Context(), kept.client, kept.prefix, kept.groups, args[0], args[1])
			if err != nil {
				return err
			}
			out := json.NewEncoder(p.stdout)
			out.SetIndent("", "  ")
			return out.Encode(found)
		},
	})
	return group("tables", "The groups' tables", get, p.rebuildTables())
}

func (p *program) rebuildTables() *cobra.Command {
	cmd := brokersFlag(&cobra.Command{
		Use: "rebuild GROUP…", Short: "Take tables away, so that their groups begin anew",
		Long: "Delete the tables and committed offsets of groups, which must have been stopped everywhere. Started again they read their\n" +
			"inputs from the oldest record that Kafka still has, into empty tables. Some things do not come back: docs/operations.md.",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{fmt.Errorf("%s takes one group or more", cmd.CommandPath())}
			}
			return nil
		},
	})
	skip := cmd.Flags().Bool("skip", false, "begin behind the newest record of the inputs instead")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		kept, err := p.openTables(cmd)
		if err != nil {
			return err
		}
		defer kept.client.Close()
		for _, name := range args {
			if err := tables.Rebuild(cmd.Context(), kept.client, kept.prefix, kept.groups, name, *skip); err != nil {
				return err
			}
			fmt.Fprintf(p.stdout, "%s begins anew when it is started\n", name)
		}
		return nil
	}
	return cmd
}

// keptTables is what a command needs to reach tables.
type keptTables struct {
	client sarama.Client // the command closes it
	prefix string
	groups []topology.Group
}

func (p *program) openTables(cmd *cobra.Command) (*keptTables, error) {
	cfg, err := p.settings(cmd)
	if err != nil {
		return nil, err
	}
	codecs, err := schemas.NewCodecs(cmd.Context(), &schemas.Offline{})
	if err != nil {
		return nil, err
	}
	client, err := kafka.Dial(cfg.Kafka.Brokers, cfg.Kafka.ClientID)
	if err != nil {
		return nil, err
	}
	return &keptTables{client, cfg.Kafka.Prefix, topology.Groups(codecs)}, nil
}
