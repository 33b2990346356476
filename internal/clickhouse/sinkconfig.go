package clickhouse

import (
	"errors"
	"fmt"
	"time"
)

// SinkConfig says how the sink reads and writes.
type SinkConfig struct {
	Brokers  []string // bootstrap addresses, host:port
	ClientID string   // name under which the brokers see the sink
	Prefix   string   // put before the names of its topics and of its group

	BatchRecords int           // records of one partition in a batch at most
	BatchBytes   int           // bytes of their keys and values; a batch ends with the record that exceeds it
	BatchParts   int           // partitions of the table in a batch at most, as months; each is an insert of its own
	BatchAge     time.Duration // time a record waits for its batch to fill

	RetryMin time.Duration // pause after the first failure; doubles with each further one
	RetryMax time.Duration // longest pause; the sink never gives up

	SessionTimeout time.Duration // silence after which the group gives a member's partitions away
	DrainTimeout   time.Duration // time to finish batches when partitions are taken away or the sink stops
}

// DefaultSinkConfig returns the settings for everything but the brokers.
func DefaultSinkConfig() SinkConfig {
	return SinkConfig{
		ClientID:       "nova",
		BatchRecords:   50_000,
		BatchBytes:     16 << 20,
		BatchParts:     12,
		BatchAge:       time.Second,
		RetryMin:       100 * time.Millisecond,
		RetryMax:       5 * time.Second,
		SessionTimeout: 10 * time.Second,
		DrainTimeout:   4 * time.Second,
	}
}

// Bounds of a batch: the server cuts larger blocks (at 1,048,449 rows or 256 MiB), the names of the parts must fit into
// the metadata of a commit, and a batch that takes no time takes no records.
const (
	maxBatchRecords = 1_000_000
	maxBatchBytes   = 128 << 20
	maxBatchParts   = 100
)

// Validate names the first field that breaks its rule.
func (c SinkConfig) Validate() error {
	if len(c.Brokers) == 0 {
		return errors.New("clickhouse: Brokers must name at least one broker")
	}
	for _, n := range []struct {
		name     string
		val, max int
	}{{"BatchRecords", c.BatchRecords, maxBatchRecords}, {"BatchBytes", c.BatchBytes, maxBatchBytes}, {"BatchParts", c.BatchParts, maxBatchParts}} {
		if n.val < 1 || n.val > n.max {
			return fmt.Errorf("clickhouse: %s must be from 1 to %d, is %d", n.name, n.max, n.val)
		}
	}
	for _, d := range []struct {
		name string
		val  time.Duration
	}{
		{"BatchAge", c.BatchAge},
		{"RetryMin", c.RetryMin},
		{"RetryMax", c.RetryMax},
		{"SessionTimeout", c.SessionTimeout},
		{"DrainTimeout", c.DrainTimeout},
	} {
		if d.val <= 0 {
			return fmt.Errorf("clickhouse: %s must be positive, is %v", d.name, d.val)
		}
	}
	if c.RetryMax < c.RetryMin {
		return fmt.Errorf("clickhouse: RetryMax must be at least RetryMin (%v), is %v", c.RetryMin, c.RetryMax)
	}
	return nil
}

func (c SinkConfig) limits() Limits {
	return Limits{Records: c.BatchRecords, Bytes: c.BatchBytes, Parts: c.BatchParts, Age: c.BatchAge}
}
