package sink

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

// workerEnv holds a task when this binary is started as a worker.
const workerEnv = "BENCH_SINK_WORKER"

// task is what a worker is told.
type task struct {
	Mode     string // sink, insert or bare
	Brokers  []string
	Registry string
	Server   string // ClickHouse's address
	Database string
	Prefix   string // of topics and groups
	Rows     int
	Seed     uint64
}

// batch is the rows of one insert: what the sink takes at most.
var batch = clickhouse.DefaultSinkConfig().BatchRecords

func TestMain(m *testing.M) { benchtest.Main(m, workerEnv, work) }

func work(text string) error {
	app.TuneCollector()
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if t.Mode == "sink" {
		log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
		a, err := app.Build(ctx, t.config(), []app.Role{app.Sinks}, log, app.Options{})
		if err != nil {
			return err
		}
		if err := a.Run(ctx); err != nil {
			return err
		}
		return a.Close(context.Background())
	}
	send, err := t.sender()
	if err != nil {
		return err
	}
	var cpu time.Duration
	for first := 0; first < t.Rows; first += batch {
		rows := newRows(first, min(first+batch, t.Rows), t.Rows, t.Seed)
		before := spent()
		if err := send(ctx, rows, int64(first)); err != nil {
			return err
		}
		cpu += spent() - before
	}
	fmt.Println(cpu)
	return nil
}

func (t task) config() config.Config {
	cfg := config.Default()
	cfg.Kafka.Brokers, cfg.Kafka.Prefix, cfg.Kafka.Partitions = t.Brokers, t.Prefix, partitions
	cfg.Registry.URL = t.Registry
	cfg.HTTP.Addr = "127.0.0.1:0"
	cfg.ClickHouse.Addrs, cfg.ClickHouse.Database = []string{t.Server}, t.Database
	return cfg
}

// sender returns what makes one insert.
func (t task) sender() (func(context.Context, []*schemas.EnrichedEvent, int64) error, error) {
	if t.Mode == "bare" {
		b := newBare()
		return func(ctx context.Context, rows []*schemas.EnrichedEvent, first int64) error {
			b.fill(rows, first)
			return b.send(ctx, t.Server, t.Database)
		}, nil
	}
	client, err := clickhouse.Open(t.config().ClickHouse)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, events []*schemas.EnrichedEvent, first int64) error {
		rows := make([]clickhouse.Row, len(events))
		for i, e := range events {
			rows[i] = clickhouse.Row{Offset: first + int64(i), Record: e}
		}
		return client.Insert(ctx, &clickhouse.Block{
			Mapping: clickhouse.PostEvents,
			TopicID: "insert", First: first, Last: first + int64(len(rows)) - 1, Part: begin.Format("200601"),
			Columns: 2, Rows: rows,
		})
	}, nil
}

// spent is the CPU time of this process so far.
func spent() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
