package streams

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"
)

// Config is what all stages of a process share.
type Config struct {
	Brokers        []string
	ClientID       string
	Prefix         string        // put before every topic and group name in Kafka
	Shared         []string      // topics that carry no prefix, because others use them, too
	EpochsTopic    string        // compacted topic in which incarnations of topics are numbered
	Instance       string        // name of this process within its groups, of no other at the same time; "" for the host's
	Tick           time.Duration // how long an epoch lasts: dirty rows are encoded and sent once per tick
	CommitInterval time.Duration // how often durable offsets are committed
	Linger         time.Duration // how long the producer waits to fill a batch
	MaxUnacked     int           // unacknowledged records per partition at which the stage stops reading
	DrainTimeout   time.Duration // how long the end of a partition waits for acknowledgements
	SessionTimeout time.Duration // silence after which the group gives a member's partitions away
	BackoffMin     time.Duration // pause before the first rebuild of a processor that ended
	BackoffMax     time.Duration // longest such pause
	CrashLoop      int           // rebuilds within ten minutes from which a stage is said to be in a crash loop
	Standby        bool          // keep the tables of partitions of other processes up to date, to take over at once
	KeepTables     time.Duration // how long the table of a partition that went elsewhere is kept in memory
	CacheRows      int           // decoded rows per partition that are kept though they are written
	Disk           []string      // groups whose tables are kept on disk; the others are kept in memory
	DataDir        string        // where tables on disk are; "" for nova-streams in the user's cache directory
	DiskCache      int64         // memory that all tables on disk share for blocks, bytes
	Log            *slog.Logger  // set by the program; DefaultConfig discards
	Metrics        *Metrics      // nil for none
	Controls       Controls
}

// Controls switch a rule off, to show that a test would notice. They are set by control runs of tests only.
type Controls struct {
	IgnoreOrigins bool  // repeats of an emitter are processed as if new
	RowsFirst     bool  // rows are sent before the outputs of their epoch
	CommitEarly   bool  // offsets are committed without waiting for outputs and rows
	NoFences      bool  // neither the pause gate nor the foreign-writer alarm
	LooseTicks    bool  // inputs meet what a tick has set before it is written, and it does not count as seen
	DiskQuota     int64 // bytes that tables on disk may take, 0 for no limit: stands for a full disk
}

// DefaultConfig returns the settings that everything was measured with.
func DefaultConfig() Config {
	return Config{
		ClientID:       "nova",
		EpochsTopic:    "topic-epochs",
		Tick:           10 * time.Millisecond,
		CommitInterval: 100 * time.Millisecond,
		Linger:         time.Millisecond,
		MaxUnacked:     4_000,
		DrainTimeout:   5 * time.Second,
		SessionTimeout: 10 * time.Second,
		BackoffMin:     200 * time.Millisecond,
		BackoffMax:     5 * time.Second,
		CrashLoop:      5,
		KeepTables:     5 * time.Minute,
		CacheRows:      5_000,
		Disk:           []string{},
		DiskCache:      64 << 20,
		Log:            slog.New(slog.DiscardHandler),
	}
}

// Validate names the first field that cannot work.
func (c *Config) Validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("streams: Brokers must name at least one broker")
	}
	for _, d := range []struct {
		name string
		val  time.Duration
	}{
		{"Tick", c.Tick},
		{"CommitInterval", c.CommitInterval},
		{"DrainTimeout", c.DrainTimeout},
		{"SessionTimeout", c.SessionTimeout},
		{"BackoffMin", c.BackoffMin},
		{"BackoffMax", c.BackoffMax},
		{"KeepTables", c.KeepTables},
	} {
		if d.val <= 0 {
			return fmt.Errorf("streams: %s must be positive, is %v", d.name, d.val)
		}
	}
	for _, n := range []struct {
		name string
		val  int
	}{{"MaxUnacked", c.MaxUnacked}, {"CrashLoop", c.CrashLoop}, {"CacheRows", c.CacheRows}} {
		if n.val < 1 {
			return fmt.Errorf("streams: %s must be at least 1, is %d", n.name, n.val)
		}
	}
	if c.Linger < 0 {
		return fmt.Errorf("streams: Linger must not be negative, is %v", c.Linger)
	}
	if c.BackoffMax < c.BackoffMin {
		return fmt.Errorf("streams: BackoffMax must be at least BackoffMin (%v), is %v", c.BackoffMin, c.BackoffMax)
	}
	if c.DiskCache < 0 {
		return fmt.Errorf("streams: DiskCache must not be negative, is %d", c.DiskCache)
	}
	if c.EpochsTopic == "" {
		return errors.New("streams: EpochsTopic must be set")
	}
	if c.Log == nil {
		return errors.New("streams: Log must be set")
	}
	return nil
}

// topic returns the name in Kafka of a topic or group of the topology.
func (c *Config) topic(name string) string {
	if slices.Contains(c.Shared, name) {
		return name
	}
	return c.Prefix + name
}

// onDisk reports whether the table of a group is kept on disk.
func (c *Config) onDisk(group string) bool { return slices.Contains(c.Disk, group) }

// instance returns the name of this process within its groups.
func (c *Config) instance() (string, error) {
	if c.Instance != "" {
		return c.Instance, nil
	}
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("naming this instance after its host: %w", err)
	}
	return host, nil
}

// heartbeat is how often a member speaks to the coordinator. It bounds how long a rebalance goes unnoticed.
func (c *Config) heartbeat() time.Duration { return min(c.SessionTimeout/10, 300*time.Millisecond) }

// rebalance is how long the coordinator waits for members that are told to join again. They need at most twice the drain
// timeout, and one that dies meanwhile is to be missed before: a session after its last word. Of those that have not come
// when the wait is over, Kafka keeps the static ones, gives them their partitions, and misses them a session later.
func (c *Config) rebalance() time.Duration {
	return 2*c.DrainTimeout + c.SessionTimeout + c.heartbeat()
}
