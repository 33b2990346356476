// Package config is the one configuration of the program: what can be set, where it is read from, and what is in force.
//
// Each part of the program declares its own settings, defaults and rules; Config gathers them under one name per part.
// The sources are, the later winning value by value: the defaults, a YAML file, environment variables NOVA_…, flags.
// Names are taken literally: an unknown one is refused. Only internal/app and cmd/nova import this package.
//
// Named jobs are no settings of that kind: a file alone has them. It does not watch files and does not connect anywhere.
package config

import (
	"cmp"
	"log/slog"
	"time"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/applier"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/connect"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/session"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/identity"
	"github.com/nova-social/nova-streams/internal/ingest"
	"github.com/nova-social/nova-streams/internal/jobs"
	"github.com/nova-social/nova-streams/internal/reconcile"
	"github.com/nova-social/nova-streams/internal/registry"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/processors/cdc"
	"github.com/nova-social/nova-streams/processors/dedup"
	"github.com/nova-social/nova-streams/processors/entities"
	"github.com/nova-social/nova-streams/processors/invalidations"
	"github.com/nova-social/nova-streams/processors/transactions"
	"github.com/nova-social/nova-streams/topology"
)

// Config is everything that can be set. What a part is told by the program itself (its brokers, its logger) is not a
// setting of that part: it is left out by the omit tag, or cannot be written in a file at all.
type Config struct {
	Kafka       Kafka
	Registry    registry.Config
	ClickHouse  clickhouse.Config `koanf:"clickhouse"`
	Redis       cache.Config
	Pages       cache.PagesConfig `omit:"IgnoreMarkers"`
	Applier     applier.Config    `omit:"Ignore"`
	Dedup       dedup.Config
	Sessions    session.Rule
	CDC         CDC
	Entities    entities.Config
	Streams     streams.Config        `omit:"Brokers,ClientID,Prefix,Shared,EpochsTopic,Controls"`
	Sink        clickhouse.SinkConfig `omit:"Brokers,ClientID,Prefix"`
	Reconcile   reconcile.Config
	Window      engagement.Window
	Weights     engagement.Weights // in tenths of a point
	Trending    trending.Config
	Suggestions suggestions.Config
	Feed        feed.Config
	HTTP        api.Config
	Ingest      ingest.Config
	Identity    identity.Config
	Log         Log

	Invalidations   invalidations.Config
	JobsConcurrency int        // named jobs that run at the same time in a process
	Jobs            jobs.Specs `koanf:"-"` // a file's section jobs, docs/jobs.md
}

// CDC are the connectors: where they run, and who reads what they write. All are one section.
type CDC struct {
	Connect
	Readers
	Transactions
}

// Connect is where the connectors run.
type Connect = connect.Config

// Readers are who reads what connectors write.
type Readers = cdc.Config

// Transactions are how long those of the database may take to pass.
type Transactions = transactions.Config

// Kafka says which cluster to use and how to create topics there.
type Kafka struct {
	Brokers           []string // bootstrap addresses, host:port
	ClientID          string   // name under which the brokers see this program; the sink has the name of its process instead, if streams.instance gives it one
	Prefix            string   // put before the name of every topic and group, so that several systems can share a cluster; letters, digits, . _ -
	Partitions        int32    // of every topic; cannot be changed once topics exist
	Replication       int16    // copies of every partition, at most the number of brokers
	MinInsyncReplicas int      // copies that must have a record before it counts as written, at most replication
}

// Name returns the name in Kafka of a topic or group of the topology. Schemas are not renamed: systems that share a
// registry share its subjects, because the same program writes the same records under any prefix.
func (k Kafka) Name(name string) string { return k.Prefix + name }

// Log says what is logged, to standard error.
type Log struct {
	Level  slog.Level // debug, info, warn or error
	Format string     // text or json
}

// Default returns the configuration of a stack on this machine, as docker compose starts it.
func Default() Config {
	return Config{
		Kafka:       Kafka{Brokers: []string{"127.0.0.1:9092"}, ClientID: "nova", Partitions: 8, Replication: 1, MinInsyncReplicas: 1},
		Registry:    registry.DefaultConfig(),
		ClickHouse:  clickhouse.DefaultConfig(),
		Redis:       cache.DefaultConfig(),
		Pages:       cache.DefaultPagesConfig(),
		Applier:     applier.DefaultConfig(),
		Dedup:       dedup.DefaultConfig(),
		Sessions:    session.DefaultRule(),
		CDC:         CDC{connect.DefaultConfig(), cdc.DefaultConfig(), transactions.DefaultConfig()},
		Entities:    entities.DefaultConfig(),
		Streams:     streams.DefaultConfig(),
		Sink:        clickhouse.DefaultSinkConfig(),
		Reconcile:   reconcile.DefaultConfig(),
		Window:      engagement.DefaultWindow(),
		Weights:     engagement.DefaultWeights(),
		Trending:    trending.DefaultConfig(),
		Suggestions: suggestions.DefaultConfig(),
		Feed:        feed.DefaultConfig(),
		HTTP:        api.DefaultConfig(),
		Ingest:      ingest.DefaultConfig(),
		Identity:    identity.DefaultConfig(),
		Log:         Log{Level: slog.LevelInfo, Format: "text"},

		Invalidations:   invalidations.DefaultConfig(),
		JobsConcurrency: 2,
	}
}

// StreamsConfig returns the settings of the goka layer, with the brokers and names of Kafka.
func (c *Config) StreamsConfig() streams.Config {
	s := c.Streams
	s.Brokers, s.ClientID, s.Prefix = c.Kafka.Brokers, c.Kafka.ClientID, c.Kafka.Prefix
	return s
}

// SinkConfig returns the settings of the sink, with the brokers and names of Kafka. Its member has no name but that of
// its client: where the process has one within the groups, that is the client's, too.
func (c *Config) SinkConfig() clickhouse.SinkConfig {
	s := c.Sink
	s.Brokers, s.ClientID, s.Prefix = c.Kafka.Brokers, cmp.Or(c.Streams.Instance, c.Kafka.ClientID), c.Kafka.Prefix
	return s
}

// retryMin is the first pause of a consumer when Redis is away.
const retryMin = 100 * time.Millisecond

// ConsumerConfig returns the settings of a consumer of the topology, with the brokers and names of Kafka: it keeps
// its place as long as the goka layer does, and tries again as often as the other writers of Redis. A batch takes no longer
// than an exchange with Redis.
func (c *Config) ConsumerConfig(of topology.Consumer) consume.Config {
	return consume.Config{
		Brokers: c.Kafka.Brokers, ClientID: cmp.Or(c.Streams.Instance, c.Kafka.ClientID), Prefix: c.Kafka.Prefix,
		Group: of.Group, Topic: string(of.Input), DeadLetters: string(of.DeadLetters),
		RetryMin: min(retryMin, c.Redis.Retry), RetryMax: c.Redis.Retry,
		SessionTimeout: c.Streams.SessionTimeout, DrainTimeout: c.Redis.Timeout,
	}
}
