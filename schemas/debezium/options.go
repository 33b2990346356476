package debezium

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Options say how the connector is set up, where records do not.
type Options struct {
	// Unavailable is what stands for a value that an update did not touch and PostgreSQL did not log
	// (unavailable.value.placeholder): text, or hex: and bytes.
	Unavailable string
	// Full are the tables with REPLICA IDENTITY FULL, as schema.table. Of all others the values before a change are
	// invented but for the key, and left out.
	Full []string
	// Signals are the tables by which people talk to the connector (signal.data.collection), as schema.table.
	Signals []string
}

// DefaultOptions are the connector's defaults, and the signal table of our configuration of it.
func DefaultOptions() Options {
	return Options{Unavailable: "__debezium_unavailable_value", Signals: []string{"public.debezium_signal"}}
}

// Validate names the first option that breaks its rule, and its value.
func (o Options) Validate() error {
	if placeholder, err := o.placeholder(); err != nil || len(placeholder) == 0 {
		return fmt.Errorf("debezium: Unavailable must be text, or hex: and bytes, got %q", o.Unavailable)
	}
	for name, tables := range map[string][]string{"Full": o.Full, "Signals": o.Signals} {
		for _, table := range tables {
			if schema, table, _ := strings.Cut(table, "."); schema == "" || table == "" {
				return fmt.Errorf("debezium: %s must name tables as schema.table, got %q", name, tables)
			}
		}
	}
	return nil
}

// placeholder returns the bytes that stand for an untouched value.
func (o Options) placeholder() ([]byte, error) {
	if text, isHex := strings.CutPrefix(o.Unavailable, "hex:"); isHex {
		return hex.DecodeString(text)
	}
	return []byte(o.Unavailable), nil
}
