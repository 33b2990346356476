package e2e

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/IBM/sarama"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/kafka"
	"github.com/nova-social/nova-streams/internal/load"
)

// system is the program with all roles on a stack of its own.
type system struct {
	t     *testing.T
	stack *servers
	cfg   config.Config
	app   *app.App
	stop  func()
}

// start runs the program on stack until the test ends or stop is called.
func start(t *testing.T, stack *servers, roles ...app.Role) *system {
	t.Helper()
	return startAs(t, stack, func(*config.Config) {}, roles...)
}

// startAs does so with other settings.
func startAs(t *testing.T, stack *servers, alter func(*config.Config), roles ...app.Role) *system {
	t.Helper()
	cfg := config.Default()
	cfg.Kafka.Brokers = stack.Brokers()
	cfg.Kafka.Partitions = 4
	cfg.Registry.URL = stack.RegistryURL()
	cfg.ClickHouse.Addrs = []string{stack.ClickHouseAddr()}
	cfg.ClickHouse.Views.PostStats = time.Second
	cfg.Redis.URL = "redis://" + stack.RedisAddr()
	cfg.HTTP.Addr = "127.0.0.1:0"
	cfg.Sessions.Gap = 2 * time.Minute // so that an hour has several sessions of a user
	alter(&cfg)
	_, err := clickhouse.Migrate(t.Context(), cfg.ClickHouse)
	require.NoError(t, err)
	s := &system{t: t, stack: stack, cfg: cfg}
	a, err := app.Build(t.Context(), cfg, roles, s.log(), app.Options{Version: "test"})
	require.NoError(t, err)
	s.app = a
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	s.stop = func() {
		cancel()
		began := time.Now()
		require.NoError(t, <-done)
		require.Less(t, time.Since(began), 10*time.Second, "draining takes less than 10 s")
		require.NoError(t, a.Close(context.Background()))
		s.stop = func() {}
	}
	t.Cleanup(func() {
		s.stop()
		http.DefaultClient.CloseIdleConnections()
	})
	return s
}

func (s *system) log() *slog.Logger {
	return slog.New(slog.NewTextHandler(s.t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// load sends a file of events; the newest gets the time at, all others keep their distance.
func (s *system) load(file string, at time.Time) load.Result {
	s.t.Helper()
	p, err := sarama.NewAsyncProducer(s.cfg.Kafka.Brokers, kafka.NewConfig("load"))
	require.NoError(s.t, err)
	cfg := load.DefaultConfig()
	cfg.ShiftTo = at
	res, err := load.Run(s.t.Context(), cfg, file, p, func(int, int) {})
	require.NoError(s.t, err)
	return res
}

// get reads a JSON answer of the API.
func (s *system) get(path string, into any) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.app.Addr()+path, nil)
	require.NoError(s.t, err)
	res, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	require.NoError(s.t, json.Unmarshal(body, into), "%s: %s", path, body)
	return res.StatusCode
}

// drained waits until dedup has had in records and every group has done all its input.
func (s *system) drained(in int64) api.Status {
	s.t.Helper()
	var st api.Status
	deadline := time.Now().Add(60 * time.Second)
	for {
		code := s.get("/v1/status", &st)
		if code == http.StatusOK && st.Drained && st.Accounting["dedup"].In >= in {
			return st
		}
		if time.Now().After(deadline) {
			require.FailNow(s.t, "not drained", "behind: %v, of %+v", behind(st), st)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// behind returns the lags of the groups that have one.
func behind(st api.Status) map[string]int64 {
	lags := map[string]int64{}
	for _, g := range st.Groups {
		if g.Lag > 0 {
			lags[g.Group] = g.Lag
		}
	}
	return lags
}

// ready waits until the API says that it can answer.
func (s *system) ready() {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		var health map[string]any
		return s.get("/health/ready", &health) == http.StatusOK
	}, 30*time.Second, 20*time.Millisecond, "never ready")
}

func requireBalanced(t *testing.T, st api.Status) {
	t.Helper()
	for group, a := range st.Accounting {
		require.True(t, a.Balanced(), "%s: %+v", group, a)
	}
}
