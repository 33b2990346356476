package devstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Stack is a running set of servers.
type Stack struct {
	cfg       Config
	temporary bool // the data directory is ours to remove
	timings   Timings
	stops     []stop // in order of start

	kafka    *kafka
	registry *registry
	redis    *redis
}

type stop func(context.Context) error

// Timings says how long each step of Start took; zero = nothing to do. ClickHouse starts beside the other parts, so
// Total is less than the sum.
type Timings struct {
	Download   time.Duration // of the chDB library
	Build      time.Duration // of chdb-server
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
	if err := s.startInProcess(); err != nil {
		return err
	}
	s.timings.Total = time.Since(begin)
	return ctx.Err()
}

func (s *Stack) openDataDir() error {
	if s.cfg.DataDir == "" {
		dir, err := os.MkdirTemp("", "nova-devstack-")
		if err != nil {
			return fmt.Errorf("making a data directory: %w", err)
		}
		s.cfg.DataDir, s.temporary = dir, true
	}
	if err := os.MkdirAll(s.cfg.DataDir, 0o755); err != nil {
		return fmt.Errorf("making the data directory: %w", err)
	}
	return nil
}

// startInProcess starts the parts that live in this process.
func (s *Stack) startInProcess() error {
	return errors.Join(
		s.startPart(Kafka, &s.timings.Kafka, func() (stop, error) {
			var err error
			s.kafka, err = startKafka(s.cfg.KafkaAddr, filepath.Join(s.cfg.DataDir, "kafka"), s.cfg.Logger)
			return s.kafka.stop, err
		}),
		s.startPart(Registry, &s.timings.Registry, func() (stop, error) {
			var err error
			s.registry, err = startRegistry(s.cfg.RegistryAddr, filepath.Join(s.cfg.DataDir, "registry.jsonl"), s.cfg.Logger)
			return s.registry.stop, err
		}),
		s.startPart(Redis, &s.timings.Redis, func() (stop, error) {
			var err error
			s.redis, err = startRedis(s.cfg.RedisAddr)
			return s.redis.stop, err
		}),
	)
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
	for i := len(s.stops) - 1; i >= 0; i-- {
		errs = append(errs, s.stops[i](ctx))
	}
	s.stops = nil
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

// DataDir returns the directory the parts keep their data in.
func (s *Stack) DataDir() string { return s.cfg.DataDir }

// Timings returns how long the steps of the start took.
func (s *Stack) Timings() Timings { return s.timings }
