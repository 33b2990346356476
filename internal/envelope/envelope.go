// Package envelope writes changes of the application's database as Debezium's PostgreSQL connector would, as JSON without a
// schema: for sample data and for files that are loaded, where no database is.
//
// It reads nothing: package schemas/debezium does, and knows all that a connector may write.
package envelope

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// Change is what happened to a row.
type Change struct {
	Table string
	Key   map[string]string // the columns of the primary key
	Row   map[string]any    // all columns; nil for a deleted row
	Op    string            // "r" in a snapshot, "c" created, "u" updated, "d" deleted
	LSN   int64             // of the change: the higher is the later
	At    time.Time         // of the commit
}

type envelope struct {
	Before      map[string]string `json:"before"`
	After       map[string]any    `json:"after"`
	Source      source            `json:"source"`
	Transaction *struct{}         `json:"transaction"`
	Op          string            `json:"op"`
	TsMS        int64             `json:"ts_ms"`
}

type source struct {
	Version   string `json:"version"`
	Connector string `json:"connector"`
	Name      string `json:"name"`
	TsMS      int64  `json:"ts_ms"`
	Snapshot  string `json:"snapshot"`
	DB        string `json:"db"`
	Sequence  string `json:"sequence"`
	Schema    string `json:"schema"`
	Table     string `json:"table"`
	TxID      int64  `json:"txId"`
	LSN       int64  `json:"lsn"`
}

// Encode returns the key and the value of the record.
func (c Change) Encode() (key, value []byte, err error) {
	lsn := strconv.FormatInt(c.LSN, 10)
	from := source{
		Version: "3.7.0.Final", Connector: "postgresql", Name: "cdc", TsMS: c.At.UnixMilli(), Snapshot: "false", DB: "nova",
		Sequence: `["` + lsn + `","` + lsn + `"]`, Schema: "public", Table: c.Table, TxID: 1, LSN: c.LSN,
	}
	if c.Op == "r" {
		from.Snapshot, from.Sequence = "true", `[null,"`+lsn+`"]`
	}
	record := envelope{After: c.Row, Source: from, Op: c.Op, TsMS: c.At.UnixMilli()}
	if c.Op == "d" {
		record.Before = c.Key
	}
	if key, err = json.Marshal(c.Key); err != nil {
		return nil, nil, fmt.Errorf("encoding the key of a row: %w", err)
	}
	if value, err = json.Marshal(record); err != nil {
		return nil, nil, fmt.Errorf("encoding a row: %w", err)
	}
	return key, value, nil
}

// Time writes a timestamptz as Debezium has it.
func Time(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000Z") }
