// Package demo runs everything in one go: the embedded servers, the whole pipeline, and a sample of real events that
// plays as if it happened now.
//
// It is for looking and trying: one machine, one broker, nothing encrypted. Data outlives a restart with the same
// directory, so counts go on from where they were; the sample then starts a new round on top of them. It has no
// behaviour of its own: the pipeline is the one `nova run` runs.
package demo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/sample"
)

// Config says where things listen and lie. HTTP's address is a setting.
type Config struct {
	DataDir        string        // what outlives a restart
	KafkaAddr      string        // host:port of each server
	RegistryAddr   string        //
	ClickHouseAddr string        //
	RedisAddr      string        //
	Sample         bool          // play the sample
	StatusEvery    time.Duration // time between two lines on how it goes
	Version        string        // of the program

	Jobs func() (jobs.Specs, error) // reads the named jobs of the settings anew; nil where they do not change
}

// DefaultConfig listens on the usual ports of the loopback interface.
func DefaultConfig() Config {
	return Config{
		DataDir:   defaultDataDir(),
		KafkaAddr: "127.0.0.1:9092", RegistryAddr: "127.0.0.1:8081", ClickHouseAddr: "127.0.0.1:8123", RedisAddr: "127.0.0.1:6379",
		Sample: true, StatusEvery: 30 * time.Second, Version: "unknown",
	}
}

// defaultDataDir is nova-streams in the user's data directory: $XDG_DATA_HOME or ~/.local/share.
func defaultDataDir() string {
	base := os.Getenv("XDG_DATA_HOME")
	if base == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		base = filepath.Join(home, ".local", "share")
	}
	return filepath.Join(base, "nova-streams")
}

// instance is the name of the demo in its groups, unless it is set. By the host's name it would be ended by a `nova run`
// beside it that is not given one either.
const instance = "demo"

// stopTime bounds the end of the servers after the pipeline has drained.
const stopTime = 4 * time.Second

// Run starts everything, says on out where it is, and runs until ctx ends, which is no error. Settings of settings that
// name servers are replaced by the embedded ones. progress gets a line per step of the start.
func Run(ctx context.Context, cfg Config, settings config.Config, out io.Writer, progress func(string), log *slog.Logger) (err error) {
	if err := checkPorts(ctx, cfg, settings.HTTP.Addr); err != nil {
		return err
	}
	begin := time.Now()
	stack, err := startStack(ctx, cfg, progress, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, within(stopTime, stack.Close)) }()

	settings.Kafka.Brokers, settings.Kafka.Replication, settings.Kafka.MinInsyncReplicas = stack.Brokers(), 1, 1
	settings.Registry.URL = stack.RegistryURL()
	settings.ClickHouse.Addrs, settings.ClickHouse.Protocol = []string{stack.ClickHouseAddr()}, "http"
	settings.Redis.URL = "redis://" + stack.RedisAddr()
	settings.Streams.Instance = cmp.Or(settings.Streams.Instance, instance)
	key, public, err := tokenKey(stack.DataDir())
	if err != nil {
		return err
	}
	settings.Identity.KeyFiles = append(slices.Clone(settings.Identity.KeyFiles), public)
	settings.Jobs = orOurs(settings.Jobs)
	if _, err := clickhouse.Migrate(ctx, settings.ClickHouse); err != nil {
		return err
	}
	played, err := sample.Open()
	if err != nil {
		return err
	}
	pipeline, err := app.Build(ctx, settings, app.Roles, log, app.Options{Version: cfg.Version, Jobs: rereading(cfg.Jobs)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, within(stopTime, pipeline.Close)) }()

	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return pipeline.Run(ctx) })
	group.Go(func() error { return stack.Keep(ctx) })
	group.Go(func() error {
		reader := &client{base: "http://" + pipeline.Addr()}
		if !reader.waitReady(ctx) {
			return nil
		}
		welcome(out, stack, reader.base, key, played.Reader(), cfg, time.Since(begin))
		if cfg.Sample {
			group.Go(func() error { return play(ctx, played, settings.Kafka, log) })
		}
		return report(ctx, out, reader, cfg.StatusEvery)
	})
	return group.Wait()
}

func startStack(ctx context.Context, cfg Config, progress func(string), log *slog.Logger) (*devstack.Stack, error) {
	d := devstack.DefaultConfig()
	d.DataDir, d.Logger, d.Progress = cfg.DataDir, log, progress
	d.KafkaAddr, d.RegistryAddr, d.ClickHouseAddr, d.RedisAddr = cfg.KafkaAddr, cfg.RegistryAddr, cfg.ClickHouseAddr, cfg.RedisAddr
	return devstack.Start(ctx, d)
}

// checkPorts finds an address that cannot be used before anything is started, and names the flag that changes it.
func checkPorts(ctx context.Context, cfg Config, httpAddr string) error {
	for _, a := range []struct{ flag, addr string }{
		{"--http-addr", httpAddr},
		{"--kafka-addr", cfg.KafkaAddr},
		{"--registry-addr", cfg.RegistryAddr},
		{"--clickhouse-addr", cfg.ClickHouseAddr},
		{"--redis-addr", cfg.RedisAddr},
	} {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.addr)
		switch {
		case errors.Is(err, syscall.EADDRINUSE):
			return fmt.Errorf("%s %s is in use: choose another address with %s, or stop what listens there", a.flag, a.addr, a.flag)
		case err != nil:
			return fmt.Errorf("%s %s: %w", a.flag, a.addr, err)
		}
		if err := l.Close(); err != nil {
			return fmt.Errorf("%s %s: %w", a.flag, a.addr, err)
		}
	}
	return nil
}

// within calls f with a context that lasts d, whatever has ended before.
func within(d time.Duration, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return f(ctx)
}
