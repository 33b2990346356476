package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/nova-social/nova-streams/internal/app"
)

// closeTime is how long freeing things may take after the drain, so that both take less than 10 s.
const closeTime = time.Second

func (p *program) run() *cobra.Command {
	cmd := brokersFlag(&cobra.Command{Use: "run", Short: "Run the pipeline, or some roles of it, until stopped", Args: takes()})
	names := cmd.Flags().StringSlice("roles", []string{"processors", "sinks", "api", "applier", "seen", "jobs"}, "what runs in this process")
	groups := cmd.Flags().StringSlice("groups", nil, "which groups, sinks and consumers of these roles run, by name; all if empty")
	setting(cmd, "instance", "streams.instance", "name of this process within its groups, of no other at the same time; the host's name if empty")
	setting(cmd, "registry", "registry.url", "URL of the schema registry")
	setting(cmd, "clickhouse", "clickhouse.addrs", "ClickHouse's addresses, host:port,…")
	setting(cmd, "http-addr", "http.addr", "where the API listens, host:port")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		roles, err := parseRoles(*names)
		if err != nil {
			return err
		}
		only, err := parseGroups(*groups)
		if err != nil {
			return err
		}
		cfg, err := p.settings(cmd)
		if err != nil {
			return err
		}
		log := p.logger(cfg.Log)
		a, err := app.Build(cmd.Context(), cfg.Config, roles, log, app.Options{Version: version, Groups: only, Jobs: p.jobs(cmd)})
		if cmd.Context().Err() != nil && err != nil {
			return nil //nolint:nilerr // asked to stop while it still waited for Kafka or the registry
		}
		if err != nil {
			return err
		}
		log.InfoContext(cmd.Context(), "running", "roles", *names, "http", a.Addr())
		return runAndClose(cmd.Context(), a)
	}
	return cmd
}

func parseRoles(names []string) ([]app.Role, error) {
	roles := make([]app.Role, len(names))
	for i, name := range names {
		var err error
		if roles[i], err = app.ParseRole(name); err != nil {
			return nil, usageError{err}
		}
	}
	return roles, nil
}

func parseGroups(names []string) (only []string, err error) {
	for _, name := range names {
		group, err := app.ParseGroup(name)
		if err != nil {
			return nil, usageError{err}
		}
		only = append(only, group)
	}
	return only, nil
}

// runAndClose runs a until ctx ends or a part fails, then closes it, also after a failure.
func runAndClose(ctx context.Context, a *app.App) error {
	err := a.Run(ctx)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
	defer cancel()
	return errors.Join(err, a.Close(closing))
}
