package cdc

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
	"github.com/nova-social/nova-streams/topology"
)

// workerEnv holds a task when this binary is started as a worker.
const workerEnv = "BENCH_CDC_WORKER"

const partitions = 4

// task is what a worker is told.
type task struct {
	Mode     string // groups, decode or read
	Brokers  []string
	Registry string
	Prefix   string // of topics and groups
	Changes  int
}

func TestMain(m *testing.M) { benchtest.Main(m, workerEnv, work) }

func work(text string) error {
	app.TuneCollector()
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if t.Mode != "groups" {
		return t.read(ctx)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := app.Build(ctx, t.config(), []app.Role{app.Processors}, log, app.Options{Groups: groups()})
	if err != nil {
		return err
	}
	if err := a.Run(ctx); err != nil {
		return err
	}
	return a.Close(context.Background())
}

// groups are those from the connector's topics to the tables.
func groups() (names []string) {
	for _, e := range topology.Entities() {
		names = append(names, string(e.Reader))
		if e.Keeper != "" {
			names = append(names, string(e.Keeper))
		}
	}
	return names
}

func (t task) config() config.Config {
	cfg := config.Default()
	cfg.Kafka.Brokers, cfg.Kafka.Prefix, cfg.Kafka.Partitions = t.Brokers, t.Prefix, partitions
	cfg.Registry.URL = t.Registry
	cfg.HTTP.Addr = "127.0.0.1:0"
	cfg.CDC.Records.Full = debeziumtest.Full
	return cfg
}

// writers looks up schemas.
type writers struct{ *registry.Client }

// ByID implements debezium.Schemas.
func (w writers) ByID(ctx context.Context, id int) (string, error) { return w.Schema(ctx, id) }

// read reads all records, and decodes them if it is told to.
func (t task) read(ctx context.Context) error {
	var topics []string
	for _, e := range topology.Entities() {
		topics = append(topics, t.Prefix+string(e.Topic))
	}
	client, err := kgo.NewClient(kgo.SeedBrokers(t.Brokers...), kgo.ConsumeTopics(topics...))
	if err != nil {
		return err
	}
	defer client.Close()
	cfg := t.config()
	schemas, err := registry.New(cfg.Registry, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer schemas.Close()
	decoder, err := debezium.New(cfg.CDC.Records, writers{schemas})
	if err != nil {
		return err
	}
	for n := 0; n < t.Changes; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, r := range fetches.Records() {
			n++
			if t.Mode == "read" {
				continue
			}
			if _, err := decoder.Decode(ctx, debezium.Record{Topic: r.Topic, Key: r.Key, Value: r.Value}); err != nil {
				return err
			}
		}
	}
	return nil
}
