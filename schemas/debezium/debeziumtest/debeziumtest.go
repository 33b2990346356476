// Package debeziumtest reads the records in testdata/debezium.
package debeziumtest

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
)

// Modes are the formats in which the same changes were recorded.
var Modes = []string{"json-noschema", "json-schema", "avro"}

// Full are the tables that were recorded with REPLICA IDENTITY FULL.
var Full = []string{"public.likes", "public.follows"}

// Records returns all records of a mode, by topic, partition and offset.
func Records(tb testing.TB, mode string) []debezium.Record {
	tb.Helper()
	files, err := filepath.Glob(filepath.Join(dir(), mode, "*.jsonl.gz"))
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	var records []debezium.Record
	for _, file := range files {
		for line := range strings.Lines(string(read(tb, file))) {
			var l struct {
				Topic     string `json:"topic"`
				Partition int32  `json:"partition"`
				Offset    int64  `json:"offset"`
				Key       []byte `json:"key_b64"`
				Value     []byte `json:"value_b64"`
				Headers   []struct {
					Key   string `json:"key"`
					Value []byte `json:"value_b64"`
				} `json:"headers"`
			}
			require.NoError(tb, json.Unmarshal([]byte(line), &l))
			r := debezium.Record{Topic: l.Topic, Partition: l.Partition, Offset: l.Offset, Key: l.Key, Value: l.Value, Headers: map[string][]byte{}}
			for _, h := range l.Headers {
				r.Headers[h.Key] = h.Value
			}
			records = append(records, r)
		}
	}
	return records
}

// EndState returns the tables of a mode as the database had them in the end: rows by table, numbers as json.Unmarshal
// makes them.
func EndState(tb testing.TB, mode string) map[string][]map[string]any {
	tb.Helper()
	var tables map[string][]map[string]any
	require.NoError(tb, json.Unmarshal(read(tb, filepath.Join(dir(), mode, "end-state.json.gz")), &tables))
	return tables
}

// Registry is a lookup of schemas in memory.
type Registry map[int]string

// ByID implements debezium.Schemas.
func (r Registry) ByID(_ context.Context, id int) (string, error) {
	if text, ok := r[id]; ok {
		return text, nil
	}
	return "", fmt.Errorf("schema %d: %w", id, schemas.ErrSchemaNotFound)
}

// Schemas returns the registry of the recording in Avro.
func Schemas(tb testing.TB) Registry {
	tb.Helper()
	var list []struct {
		ID     int    `json:"id"`
		Schema string `json:"schema"`
	}
	require.NoError(tb, json.Unmarshal(read(tb, filepath.Join(dir(), "avro", "schemas.json.gz")), &list))
	r := Registry{}
	for _, s := range list {
		r[s.ID] = s.Schema
	}
	return r
}

// Decoder returns a decoder for the records.
func Decoder(tb testing.TB) *debezium.Decoder {
	tb.Helper()
	o := debezium.DefaultOptions()
	o.Full = Full
	d, err := debezium.New(o, Schemas(tb))
	require.NoError(tb, err)
	return d
}

func dir() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..", "..", "testdata", "debezium")
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	f, err := os.Open(name)
	require.NoError(tb, err)
	defer func() { require.NoError(tb, f.Close()) }()
	z, err := gzip.NewReader(f)
	require.NoError(tb, err)
	data, err := io.ReadAll(z)
	require.NoError(tb, err)
	return data
}
