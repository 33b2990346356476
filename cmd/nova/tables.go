package main

import (
	"encoding/json"

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
			cfg, err := p.settings(cmd)
			if err != nil {
				return err
			}
			codecs, err := schemas.NewCodecs(cmd.Context(), &schemas.Offline{})
			if err != nil {
				return err
			}
			client, err := kafka.Dial(cfg.Kafka.Brokers, cfg.Kafka.ClientID)
			if err != nil {
				return err
			}
			defer client.Close()
			found, err := tables.Get(cmd.Context(), client, cfg.Kafka.Prefix, topology.Groups(codecs), args[0], args[1])
			if err != nil {
				return err
			}
			out := json.NewEncoder(p.stdout)
			out.SetIndent("", "  ")
			return out.Encode(found)
		},
	})
	return group("tables", "The groups' tables", get)
}
