package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Stack is a running set of servers.
type Stack struct {
	cfg       Config
	temporary bool   // the data directory is ours to remove
	unlock    func() // lets the data directory go
	timings   Timings
	stops     []stop // in order of start

	kafka      *kafka
	registry   *registry
	redis      *redis
	clickhouse *clickhouse
}

type stop func(context.Context) error

// Timings says how long each step of Start took. Download, Build and ClickHouse go on beside the other three.
type Timings struct {
	Download   time.Duration // of the chDB library; next to nothing if it is there
	Build      time.Duration // of chdb-server; likewise
	Kafka      time.Duration
	Registry   time.Duration
	Redis      time.Duration
	ClickHouse time.Duration // from the start of its process to its first answer
	Total      time.Duration
}

// Start starts the parts of the configuration and returns when all of them answer. If one fails, the others are stopped
// and the error names it. The context bounds the start only.
func Start(ctx context.Context, cfg Config) (*Stack, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Stack{cfg: cfg}
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, s.Close(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context) error {
	begin := time.Now()
	if err := s.openDataDir(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	beside := make(chan error, 1)
	go func() { beside <- s.startClickHouse(ctx) }()
	err := s.startInProcess(ctx)
	if err != nil {
		cancel()
	}
	errBeside := <-beside
	if s.clickhouse != nil {
		s.stops = append(s.stops, s.clickhouse.stop)
	}
	s.timings.Total = time.Since(begin)
	if err != nil {
		return err // the other's error would be its consequence
	}
	return errBeside
}

func (s *Stack) openDataDir() error {
	if s.cfg.DataDir == "" {
		dir, err := os.MkdirTemp("", "nova-devstack-")
		if err != nil {
			return fmt.Errorf("making a data directory: %w", err)
		}
		s.cfg.DataDir, s.temporary = dir, true
	}
	var err error
	if s.unlock, err = tryLock(filepath.Join(s.cfg.DataDir, "lock")); err != nil {
		return fmt.Errorf("opening the data directory: %w", err)
	}
	return nil
}

// startInProcess starts the parts that live in this process.
func (s *Stack) startInProcess(ctx context.Context) error {
	return errors.Join(
		s.startPart(Kafka, &s.timings.Kafka, func() (stop, error) {
			var err error
			s.kafka, err = startKafka(ctx, s.cfg.KafkaAddr, filepath.Join(s.cfg.DataDir, "kafka"), s.cfg.Logger)
			return s.kafka.stop, err
		}),
		s.startPart(Registry, &s.timings.Registry, func() (stop, error) {
			var err error
			s.registry, err = startRegistry(ctx, s.cfg.RegistryAddr, filepath.Join(s.cfg.DataDir, "registry.jsonl"), s.cfg.Logger)
			return s.registry.stop, err
		}),
		s.startPart(Redis, &s.timings.Redis, func() (stop, error) {
			var err error
			s.redis, err = startRedis(s.cfg.RedisAddr)
			return s.redis.stop, err
		}),
	)
}

// startClickHouse starts ClickHouse, which takes longest and runs in a process of its own.
func (s *Stack) startClickHouse(ctx context.Context) error {
	if !s.cfg.has(ClickHouse) {
		return nil
	}
	var err error
	s.clickhouse, err = startClickHouse(ctx, s.cfg, filepath.Join(s.cfg.DataDir, "clickhouse"), &s.timings)
	return err
}

// startPart runs start if the part is wanted, books its time and remembers how to stop it.
func (s *Stack) startPart(p Part, took *time.Duration, start func() (stop, error)) error {
	if !s.cfg.has(p) {
		return nil
	}
	begin := time.Now()
	stop, err := start()
	if err != nil {
		return err
	}
	*took = time.Since(begin)
	s.stops = append(s.stops, stop)
	return nil
}

// Close stops the parts, last started first, and removes a temporary data directory. What was acknowledged is on disk
// when it returns. The context bounds the wait for requests in flight.
func (s *Stack) Close(ctx context.Context) error {
	var errs []error
	for _, stop := range slices.Backward(s.stops) {
		errs = append(errs, stop(ctx))
	}
	s.stops = nil
	if s.unlock != nil {
		s.unlock()
	}
	if s.temporary {
		errs = append(errs, os.RemoveAll(s.cfg.DataDir))
	}
	return errors.Join(errs...)
}

// Brokers returns Kafka's bootstrap addresses, nil without Kafka.
func (s *Stack) Brokers() []string {
	if s.kafka == nil {
		return nil
	}
	return s.kafka.addrs
}

// RegistryURL returns the schema registry's base URL, "" without it.
func (s *Stack) RegistryURL() string {
	if s.registry == nil {
		return ""
	}
	return s.registry.url
}

// RedisAddr returns host:port, "" without Redis.
func (s *Stack) RedisAddr() string {
	if s.redis == nil {
		return ""
	}
	return s.redis.addr()
}

// ClickHouseAddr returns host:port of ClickHouse's HTTP interface, "" without it.
func (s *Stack) ClickHouseAddr() string {
	if s.clickhouse == nil {
		return ""
	}
	return s.clickhouse.addr
}

// ClickHouseDSN returns what clickhouse.ParseDSN takes, with the database "default", "" without ClickHouse.
func (s *Stack) ClickHouseDSN() string {
	if s.clickhouse == nil {
		return ""
	}
	return "http://" + s.clickhouse.addr + "/default"
}

// DataDir returns the directory the parts keep their data in.
func (s *Stack) DataDir() string { return s.cfg.DataDir }

// Timings returns how long the steps of the start took.
func (s *Stack) Timings() Timings { return s.timings }

// timed returns a function that writes the time since the call of timed into d.
func timed(d *time.Duration) func() {
	begin := time.Now()
	return func() { *d = time.Since(begin) }
}
