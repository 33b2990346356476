package config

import (
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
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
		{"pages", c.Pages.Validate()},
		{"applier", c.Applier.Validate()},
		{"cdc", c.CDC.Connect.Validate()},
		{"dedup", c.Dedup.Validate()},
		{"sessions", c.Sessions.Validate()},
		{"cdc", c.CDC.Readers.Validate()},
		{"cdc", c.CDC.Transactions.Validate()},
		{"entities", c.Entities.Validate()},
		{"streams", stages.Validate()},
		{"sink", c.SinkConfig().Validate()},
		{"reconcile", c.Reconcile.Validate()},
		{"window", c.Window.Validate()},
		{"weights", c.Weights.Validate()},
		{"trending", c.Trending.Validate()},
		{"suggestions", c.Suggestions.Validate()},
		{"feed", c.Feed.Validate()},
		{"invalidations", c.Invalidations.Validate()},
		{"http", c.HTTP.Validate()},
		{"ingest", c.Ingest.Validate()},
		{"identity", c.Identity.Validate()},
	} {
		if part.err != nil {
			return fmt.Errorf("%w (section %s)", part.err, part.section)
		}
	}
	if c.Ingest.Timeout >= c.HTTP.RequestTimeout {
		return fmt.Errorf("ingest.timeout must be shorter than http.request_timeout (%s), is %s", c.HTTP.RequestTimeout, c.Ingest.Timeout)
	}
	if longest := c.Pages.TTL + c.Pages.Jitter; c.Feed.SnapshotTTL < longest { // else a page that is kept would have a cursor that is not
		return fmt.Errorf("feed.snapshot_ttl must be at least pages.ttl and pages.jitter (%s), is %s", longest, c.Feed.SnapshotTTL)
	}
	if err := c.checkDisk(); err != nil {
		return err
	}
	if c.JobsConcurrency < 1 {
		return fmt.Errorf("jobs_concurrency must be at least 1, is %d", c.JobsConcurrency)
	}
	if err := c.Jobs.Validate(); err != nil {
		return err
	}
	return c.Log.validate()
}

// checkDisk returns an error if streams.disk names what is no group: its table would stay in memory without a word.
func (c *Config) checkDisk() error {
	var names []string
	for _, g := range topology.Groups(&schemas.Codecs{}) {
		if !g.Stateless {
			names = append(names, string(g.Name))
		}
	}
	for _, name := range c.Streams.Disk {
		if !slices.Contains(names, name) {
			return fmt.Errorf("streams.disk names %q, which is no group with a table; those are %s", name, strings.Join(names, ", "))
		}
	}
	return nil
}

// What brokers take for the session of a group's member, unless they are told otherwise.
const (
	minSession = 6 * time.Second
	maxSession = 30 * time.Minute
)

// checkSessions returns an error if brokers refuse a session timeout. It is asked of what people set only: tests have
// brokers that take shorter ones.
func (c *Config) checkSessions() error {
	for _, s := range []struct {
		key string
		val time.Duration
	}{{"streams.session_timeout", c.Streams.SessionTimeout}, {"sink.session_timeout", c.Sink.SessionTimeout}} {
		if s.val < minSession || s.val > maxSession {
			return fmt.Errorf("%s must be from %v to %v, as brokers take no other, is %v", s.key, minSession, maxSession, s.val)
		}
	}
	return nil
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
