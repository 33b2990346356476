package ingest

import (
	"fmt"
	"time"
)

// Config says how much may wait for Kafka, and for how long.
type Config struct {
	Queue      int           // events that may wait, over all requests
	QueueBytes int64         `koanf:"queue_bytes"` // bytes of them, and of the bodies of requests under way
	Timeout    time.Duration // for a request to be acknowledged; it must fit within http.request_timeout
	MaxEvents  int           `koanf:"max_events"` // of one request
	MaxBytes   int64         `koanf:"max_bytes"`  // of its body
}

// DefaultConfig lets 100,000 events of 128 MiB wait, each request for 4.5 s.
func DefaultConfig() Config {
	return Config{Queue: 100_000, QueueBytes: 128 << 20, Timeout: 4500 * time.Millisecond, MaxEvents: 1000, MaxBytes: 1 << 20}
}

// Validate reports the first field that breaks its rule.
func (c Config) Validate() error {
	switch {
	case c.MaxEvents < 1 || c.MaxEvents > 100_000:
		return fmt.Errorf("ingest: max_events must be within 1 and 100000, is %d", c.MaxEvents)
	case c.MaxBytes < 1024 || c.MaxBytes > 64<<20:
		return fmt.Errorf("ingest: max_bytes must be within 1 KiB and 64 MiB, is %d", c.MaxBytes)
	case c.Queue < c.MaxEvents:
		return fmt.Errorf("ingest: queue must hold max_events (%d), is %d", c.MaxEvents, c.Queue)
	case c.QueueBytes < c.MaxBytes:
		return fmt.Errorf("ingest: queue_bytes must hold max_bytes (%d), is %d", c.MaxBytes, c.QueueBytes)
	case c.Timeout < 10*time.Millisecond || c.Timeout > 5*time.Minute:
		return fmt.Errorf("ingest: timeout must be within 10ms and 5m, is %s", c.Timeout)
	}
	return nil
}
