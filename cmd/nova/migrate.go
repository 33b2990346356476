package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/clickhouse"
)

func (p *program) migrate() *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Create ClickHouse's tables and bring them up to date", Args: takes()}
	setting(cmd, "clickhouse", "clickhouse.addrs", "ClickHouse's addresses, host:port,…")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		applied, err := clickhouse.Migrate(cmd.Context(), cfg.ClickHouse)
		for _, what := range applied {
			fmt.Fprintln(p.stdout, "applied", what)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(p.stdout, "the tables are up to date")
		return err
	}
	return cmd
}
