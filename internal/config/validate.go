package config

import (
	"errors"
	"fmt"
	"net"
	"strings"
)

// Validate names the first setting that breaks its rule.
func (c *Config) Validate() error {
	if err := c.Kafka.validate(); err != nil {
		return err
	}
	stages := c.StreamsConfig()
	for _, part := range []struct {
		section string
		err     error
	}{
		{"registry", c.Registry.Validate()},
		{"clickhouse", c.ClickHouse.Validate()},
		{"redis", c.Redis.Validate()},
		{"dedup", c.Dedup.Validate()},
		{"streams", stages.Validate()},
		{"sink", c.SinkConfig().Validate()},
		{"window", c.Window.Validate()},
		{"weights", c.Weights.Validate()},
		{"trending", c.Trending.Validate()},
		{"http", c.HTTP.Validate()},
	} {
		if part.err != nil {
			return fmt.Errorf("%w (section %s)", part.err, part.section)
		}
	}
	return c.Log.validate()
}

// A name in Kafka has at most 249 bytes, of these.
const (
	nameBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	maxPrefix = 200
)

func (k Kafka) validate() error {
	if len(k.Brokers) == 0 {
		return errors.New("kafka.brokers must name at least one broker")
	}
	for _, b := range k.Brokers {
		if host, port, err := net.SplitHostPort(b); err != nil || host == "" || port == "" {
			return fmt.Errorf("kafka.brokers must be host:port, has %q", b)
		}
	}
	switch {
	case k.ClientID == "":
		return errors.New("kafka.client_id must not be empty")
	case strings.IndexFunc(k.Prefix, func(r rune) bool { return !strings.ContainsRune(nameBytes, r) }) >= 0 || len(k.Prefix) > maxPrefix:
		return fmt.Errorf("kafka.prefix must be at most %d letters, digits and . _ -, is %q", maxPrefix, k.Prefix)
	case k.Partitions < 1:
		return fmt.Errorf("kafka.partitions must be at least 1, is %d", k.Partitions)
	case k.Replication < 1:
		return fmt.Errorf("kafka.replication must be at least 1, is %d", k.Replication)
	case k.MinInsyncReplicas < 1 || k.MinInsyncReplicas > int(k.Replication):
		return fmt.Errorf("kafka.min_insync_replicas must be from 1 to kafka.replication (%d), is %d", k.Replication, k.MinInsyncReplicas)
	}
	return nil
}

func (l Log) validate() error {
	if l.Format != "text" && l.Format != "json" {
		return fmt.Errorf("log.format must be text or json, is %q", l.Format)
	}
	return nil
}
