// Package config is the one configuration of the program: what can be set, where it is read from, and what is in force.
//
// Each part of the program declares its own settings, defaults and rules; Config gathers them under one name per part.
// The sources are, the later winning value by value: the defaults, a YAML file, environment variables NOVA_…, flags.
// Names are taken literally: an unknown one is refused. Only internal/app and cmd/nova import this package.
//
// It does not watch files and does not connect anywhere.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// Config is everything that can be set.
type Config struct {
	Kafka    Kafka
	Registry Registry
	HTTP     HTTP
	Window   engagement.Window
	Weights  engagement.Weights
	Log      Log
}

// Kafka says which cluster to use and how to create topics there.
type Kafka struct {
	Brokers           []string // bootstrap addresses, host:port
	ClientID          string   // name under which the brokers see this program
	Partitions        int32    // of every topic; cannot be changed once topics exist
	Replication       int16    // copies of every partition, at most the number of brokers
	MinInsyncReplicas int      // copies that must have a record before it counts as written, at most replication
}

// Registry says where schemas are registered.
type Registry struct {
	URL string // base URL of a registry with Confluent's HTTP interface
}

// HTTP says where the API listens.
type HTTP struct {
	Addr string // host:port; port 0 takes a free one
}

// Log says what is logged, to standard error.
type Log struct {
	Level  slog.Level // debug, info, warn or error
	Format string     // text or json
}

// Default returns the configuration of a stack on this machine, as docker compose starts it.
func Default() Config {
	return Config{
		Kafka:    Kafka{Brokers: []string{"127.0.0.1:9092"}, ClientID: "nova", Partitions: 8, Replication: 1, MinInsyncReplicas: 1},
		Registry: Registry{URL: "http://127.0.0.1:8081"},
		HTTP:     HTTP{Addr: "127.0.0.1:8080"},
		Window:   engagement.DefaultWindow(),
		Weights:  engagement.DefaultWeights(),
		Log:      Log{Level: slog.LevelInfo, Format: "text"},
	}
}

// Validate names the first setting that breaks its rule.
func (c *Config) Validate() error {
	return cmp.Or(c.Kafka.validate(), c.HTTP.validate(), c.Log.validate())
}

func (k Kafka) validate() error {
	if len(k.Brokers) == 0 {
		return errors.New("kafka.brokers must name at least one broker")
	}
	for _, b := range k.Brokers {
		if err := hostPort("kafka.brokers", b); err != nil {
			return err
		}
	}
	if k.Partitions < 1 {
		return fmt.Errorf("kafka.partitions must be at least 1, is %d", k.Partitions)
	}
	if k.Replication < 1 {
		return fmt.Errorf("kafka.replication must be at least 1, is %d", k.Replication)
	}
	if k.MinInsyncReplicas < 1 || k.MinInsyncReplicas > int(k.Replication) {
		return fmt.Errorf("kafka.min_insync_replicas must be from 1 to kafka.replication (%d), is %d", k.Replication, k.MinInsyncReplicas)
	}
	return nil
}

func (h HTTP) validate() error { return hostPort("http.addr", h.Addr) }

func (l Log) validate() error {
	if l.Format != "text" && l.Format != "json" {
		return fmt.Errorf("log.format must be text or json, is %q", l.Format)
	}
	return nil
}

func hostPort(key, addr string) error {
	if _, port, err := net.SplitHostPort(addr); err != nil || strings.TrimSpace(port) == "" {
		return fmt.Errorf("%s must be host:port, is %q", key, addr)
	}
	return nil
}
