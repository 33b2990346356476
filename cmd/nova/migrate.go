package main

import (
	"cmp"
	"context"
	"errors"
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
		fmt.Fprintln(p.stdout, "the tables are up to date")
		if !cfg.ClickHouse.Read.Create {
			return nil
		}
		return p.createReader(cmd.Context(), cfg.ClickHouse)
	}
	return cmd
}

// createReader creates the user for reading. A server that does not let us is no failure: the user may be there already,
// made by whoever manages users, and queries are marked as reading only all the same.
func (p *program) createReader(ctx context.Context, cfg clickhouse.Config) error {
	err := clickhouse.CreateReader(ctx, cfg)
	switch {
	case errors.Is(err, clickhouse.ErrNoUserManagement):
		fmt.Fprintf(p.stdout, "skipped user %s: %s must be allowed to manage users, or somebody else creates it (docker/clickhouse/)\n", cfg.Read.User, cmp.Or(cfg.User, "the default user"))
		fmt.Fprintln(p.stderr, "nova: "+oneLine(err))
		return nil
	case err != nil:
		return err
	}
	_, err = fmt.Fprintf(p.stdout, "user %s may read database %s\n", cfg.Read.User, cfg.Database)
	return err
}
