package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/topology"
)

// away is a configuration of servers that are not there.
func away(t *testing.T) config.Config {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	cfg := config.Default()
	cfg.HTTP.Addr = l.Addr().String()
	require.NoError(t, l.Close())
	cfg.Kafka.Brokers, cfg.Registry.URL = []string{"127.0.0.1:1"}, "http://127.0.0.1:1"
	cfg.Redis.URL = "redis://127.0.0.1:1"
	return cfg
}

func code(t *testing.T, addr, path string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+path, nil)
	require.NoError(t, err)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	require.NoError(t, res.Body.Close())
	return res.StatusCode
}

// While Kafka is waited for, the program is alive, says that it is not ready, and ends at once when asked to.
func TestBuild_waits_visibly(t *testing.T) {
	cfg := away(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := Build(ctx, cfg, Roles, slog.New(slog.DiscardHandler), Options{})
		done <- err
	}()
	require.Eventually(t, func() bool { return code(t, cfg.HTTP.Addr, "/health/live") == http.StatusOK }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, http.StatusServiceUnavailable, code(t, cfg.HTTP.Addr, "/health/ready"))
	began := time.Now()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
	require.Less(t, time.Since(began), 2*time.Second)
	require.Zero(t, code(t, cfg.HTTP.Addr, "/health/live"), "it serves no longer")
}

// A program whose Kafka has gone away ends within 10 s all the same.
func TestRun_ends_in_time_without_Kafka(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds: make chaos")
	}
	stack, err := devstack.Start(t.Context(), func() devstack.Config {
		c := devstack.DefaultConfig()
		c.Without = devstack.ClickHouse
		return c
	}())
	require.NoError(t, err)
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL = stack.Brokers(), stack.RegistryURL()
	a, err := Build(t.Context(), cfg, Roles, slog.New(slog.DiscardHandler), Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	require.Eventually(t, func() bool { return code(t, a.Addr(), "/health/ready") == http.StatusOK }, 20*time.Second, 20*time.Millisecond)
	require.NoError(t, stack.Close(t.Context()))
	time.Sleep(2 * time.Second)
	began := time.Now()
	cancel()
	require.NoError(t, <-done)
	closing, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	_ = a.Close(closing)
	require.Less(t, time.Since(began), 10*time.Second)
}

// runToTheEnd runs a program until the test ends, which it must do without an error.
func runToTheEnd(t *testing.T, a *App) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, a.Close(context.Background()))
	})
}

// A failed part is the error, also when another does not let go.
func TestRun_tells_the_failure_of_a_part(t *testing.T) {
	if testing.Short() {
		t.Skip("takes eight seconds: make chaos")
	}
	a := &App{log: slog.New(slog.DiscardHandler)}
	failure := errors.New("broken")
	never := make(chan struct{})
	defer close(never)
	a.add("breaks", func(context.Context) error { return failure })
	a.add("hangs", func(context.Context) error { <-never; return nil })
	require.ErrorIs(t, a.Run(t.Context()), failure)
}

// The API reads tables without a registry.
func TestAPI_needs_no_registry(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Kafka))
	cfg := away(t)
	cfg.Kafka.Brokers = stack.Brokers()
	a, err := Build(t.Context(), cfg, []Role{API}, slog.New(slog.DiscardHandler), Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	require.Eventually(t, func() bool { return code(t, a.Addr(), "/health/ready") == http.StatusOK }, 20*time.Second, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	require.NoError(t, a.Close(context.Background()))
}

func TestEpochsTopic_is_in_the_catalogue(t *testing.T) {
	require.Equal(t, string(topology.TopicEpochs), streams.DefaultConfig().EpochsTopic)
}
