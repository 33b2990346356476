package debezium_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// Replayed by position, events make the tables that the database had in the end.
func TestEvents_make_the_tables_of_the_database(t *testing.T) {
	for _, mode := range debeziumtest.Modes {
		t.Run(mode, func(t *testing.T) {
			o := debezium.DefaultOptions()
			o.Full, o.Signals = debeziumtest.Full, nil
			d, err := debezium.New(o, debeziumtest.Schemas(t))
			require.NoError(t, err)
			var results []debezium.Result
			for _, r := range debeziumtest.Records(t, mode) {
				result, err := d.Decode(t.Context(), r)
				require.NoError(t, err)
				results = append(results, result)
			}
			events := eventsOf(results)
			sortByLog(events)
			require.Equal(t, endState(t, mode), replay(t, events))
		})
	}
}

// replay returns rows by table and key.
func replay(t *testing.T, events []*debezium.Event) map[string]map[string]debezium.Columns {
	t.Helper()
	tables, gone := map[string]map[string]debezium.Columns{}, map[string]debezium.Columns{}
	untouched := 0
	for _, e := range events {
		rows, key := tables[e.Table], fmt.Sprint(e.Key)
		if rows == nil {
			rows = map[string]debezium.Columns{}
			tables[e.Table] = rows
		}
		switch e.Operation {
		case debezium.Delete:
			gone[key] = rows[key]
			delete(rows, key)
		case debezium.Truncate:
			clear(rows)
		case debezium.Message:
		case debezium.Create, debezium.Read, debezium.Update:
			before := rows[key]
			if e.OldKey != nil {
				before = gone[fmt.Sprint(e.OldKey)]
			}
			row := maps.Clone(e.After)
			for _, name := range e.Unchanged {
				require.Contains(t, before, name)
				row[name] = before[name]
				untouched++
			}
			rows[key] = row
		}
	}
	require.Equal(t, 3, untouched)
	delete(tables, "")                       // of messages
	for _, row := range tables["comments"] { // rows that nobody wrote since a column was renamed have the old name
		if body, ok := row["content"]; ok {
			row["body"] = body
			delete(row, "content")
		}
	}
	return tables
}

// endState returns the database's own rows as events have them. A NULL under a default does not survive the converters.
func endState(t *testing.T, mode string) map[string]map[string]debezium.Columns {
	t.Helper()
	keys := map[string][]string{"likes": {"user_id", "post_id"}, "follows": {"follower_id", "followee_id"}, "token_revocation": {"jti"}}
	nulls := map[string]string{"users.created_at": `"1970-01-01T00:00:00.000000Z"`, "follows.status": `"active"`}
	replaced := 0
	tables := map[string]map[string]debezium.Columns{}
	for table, list := range debeziumtest.EndState(t, mode) {
		tables[table] = map[string]debezium.Columns{}
		for _, values := range list {
			row, key := debezium.Columns{}, debezium.Columns{}
			for name, value := range values {
				text, err := json.Marshal(value)
				require.NoError(t, err)
				row[name] = timeAsWritten(t, name, string(text))
				if instead, ok := nulls[table+"."+name]; ok && value == nil {
					row[name] = instead
					replaced++
				}
				names, ok := keys[table]
				if slices.Contains(names, name) || !ok && name == "id" {
					key[name] = row[name]
				}
			}
			tables[table][fmt.Sprint(key)] = row
		}
	}
	require.Equal(t, 3, replaced)
	return tables
}

// timeAsWritten brings PostgreSQL's JSON of a timestamptz into Debezium's form.
func timeAsWritten(t *testing.T, name, text string) string {
	t.Helper()
	if !strings.HasSuffix(name, "_at") || text == "null" {
		return text
	}
	at, err := time.Parse(`"2006-01-02T15:04:05.999999Z07:00"`, text)
	require.NoError(t, err)
	return at.UTC().Format(`"2006-01-02T15:04:05.000000Z"`)
}
