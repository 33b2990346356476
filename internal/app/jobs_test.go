package app

import (
	"context"
	"log/slog"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/jobs"
)

// Each client of ClickHouse has a breaker of its own and so a name of its own, or one would be shown in place of another.
func TestBuild_names_each_client_of_ClickHouse(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL, cfg.Kafka.Partitions = stack.Brokers(), stack.RegistryURL(), 2
	a, err := Build(t.Context(), cfg, Roles, slog.New(slog.DiscardHandler), Options{})
	require.NoError(t, err)
	defer func() { require.NoError(t, a.Close(context.Background())) }()
	var clients []string
	for _, m := range regexp.MustCompile(`(?m)^clickhouse_breaker_state{client="(\w+)"}`).FindAllStringSubmatch(text(t, a.Addr(), "/metrics"), -1) {
		clients = append(clients, m[1])
	}
	require.ElementsMatch(t, []string{"sink", "read", "jobs", "repair", "reconcile", "refresh"}, clients)
}

// Suggestions come from the API's follow graph: a process that has jobs but no API says so at its start.
func TestBuild_refuses_a_warmup_without_the_API(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka|devstack.Registry))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL, cfg.Kafka.Partitions = stack.Brokers(), stack.RegistryURL(), 2
	cfg.Jobs = jobs.Specs{"warm": jobs.NewSpec(jobs.SuggestionWarmup).Complete()}
	build := func(roles ...Role) error {
		a, err := Build(t.Context(), cfg, roles, slog.New(slog.DiscardHandler), Options{})
		if err == nil {
			require.NoError(t, a.Close(context.Background()))
		}
		return err
	}
	require.EqualError(t, build(Jobs), "preparing jobs: jobs.warm: suggestion_warmup needs the role api in the same process")
	require.NoError(t, build(API, Jobs))
	require.NoError(t, build(API), "who does not run them may have them in its file")
}
