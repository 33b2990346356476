package debezium_test

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// tree is JSON that can be changed in one place.
type tree struct {
	raw     string // of what has no parts
	open    byte   // '{' or '[' of what has
	members []member
}

type member struct {
	name string // quoted; "" in arrays
	tree *tree
}

func parse(t *testing.T, data []byte) *tree {
	t.Helper()
	dec := jsontext.NewDecoder(bytes.NewReader(data))
	var read func() *tree
	read = func() *tree {
		kind := dec.PeekKind()
		if kind != '{' && kind != '[' {
			raw, err := dec.ReadValue()
			require.NoError(t, err)
			return &tree{raw: string(raw)}
		}
		_, err := dec.ReadToken()
		require.NoError(t, err)
		n := &tree{open: byte(kind)}
		for dec.PeekKind() != kind+2 {
			name := ""
			if kind == '{' {
				raw, err := dec.ReadValue()
				require.NoError(t, err)
				name = string(raw)
			}
			n.members = append(n.members, member{name, read()})
		}
		_, err = dec.ReadToken()
		require.NoError(t, err)
		return n
	}
	return read()
}

func (n *tree) text() string {
	if n.open == 0 {
		return n.raw
	}
	var parts []string
	for _, m := range n.members {
		if m.name != "" {
			parts = append(parts, m.name+":"+m.tree.text())
		} else {
			parts = append(parts, m.tree.text())
		}
	}
	return string(n.open) + strings.Join(parts, ",") + string(n.open+2)
}

// removed stands for a member that is not there.
const removed = ""

// edits calls do with the text of n, once for each member of an object and change of it: removed, or of another type.
func (n *tree) edits(do func(path, change, text string)) {
	var visit func(path string, at *tree)
	visit = func(path string, at *tree) {
		for i, m := range at.members {
			name := path + "." + strings.Trim(m.name, `"`)
			if at.open == '{' {
				whole := at.members
				at.members = slices.Delete(slices.Clone(whole), i, i+1)
				do(name[1:], removed, n.text())
				at.members = whole
				for _, other := range []string{"null", "true", "7", "1.5", `"x"`, "[]", "{}"} {
					was := m.tree.text()
					if was[0] == other[0] || was[0] >= '0' && was[0] <= '9' && other == "7" || was == "true" || was == "false" && other == "true" {
						continue
					}
					at.members[i].tree = &tree{raw: other}
					do(name[1:], other, n.text())
					at.members[i].tree = m.tree
				}
			}
			visit(name, m.tree)
		}
	}
	visit("", n)
}

// changed returns what a record says instead, where that is right: not all that was changed can be seen. It is the list
// of all that a change may do beside being refused or being of no consequence.
func changed(e *debezium.Event, part, path, change string, typed bool) (debezium.Event, bool) {
	other := *e
	column, of := path, ""
	if before, after, ok := strings.Cut(path, "."); ok {
		of, column = before, after
	}
	alter := func(row *debezium.Columns) bool {
		if _, has := (*row)[column]; !has && !slices.Contains(e.Unchanged, column) {
			return false
		}
		*row = maps.Clone(*row)
		delete(*row, column)
		if change != removed {
			(*row)[column] = change
		}
		return true
	}
	switch {
	case part != "value" && typed, typed && change == removed:
		return other, false // a schema says what is there
	case typed && change != "null" && (of == "after" && e.After[column] != "null" || of == "before" && e.Before[column] != "null"):
		return other, false // and of which type
	case part == "key": // who says how many columns it has?
		return other, change == removed && len(e.Key) > 1 && column != "serverName" && func() bool {
			of = ""
			ok := alter(&other.Key)
			if _, inBefore := other.Before[column]; inBefore && !full(e) {
				alter(&other.Before)
			}
			return ok
		}()
	case of == "after" || of == "message" && column == "content" && change == "null": // a column may be dropped, or of another type
		if _, inKey := e.Key[column]; inKey || !alter(&other.After) {
			return other, false
		}
		other.Unchanged = slices.DeleteFunc(slices.Clone(e.Unchanged), func(name string) bool { return name == column })
		if len(other.Unchanged) == 0 {
			other.Unchanged = nil
		}
		return other, true
	case of == "before":
		_, inKey := e.Key[column]
		return other, !inKey && full(e) && alter(&other.Before)
	case path == "before" && (change == "null"): // REPLICA IDENTITY NOTHING
		other.Before = nil
		return other, e.Before != nil
	case path == "transaction" && (change == removed || change == "null"): // not all connectors say
		other.Transaction = nil
		return other, true
	case path == "source.snapshot" && change == "true" && e.Operation == debezium.Read: // of older connectors
		other.Source.Snapshot = "true"
		return other, true
	case path == "source.txId" && change == "null" && (e.Operation == debezium.Read || e.Operation == debezium.Message):
		other.Source.TxID = 0
		return other, true
	case path == "source.txId" && change == "7" && e.Source.TxID == 0: // as if it had not been null
		other.Source.TxID = 7
		return other, true
	case path == "source.lsn" && change == "7" && e.Source.LSN == 0:
		other.Source.LSN = 7
		return other, true
	}
	return other, false
}

func full(e *debezium.Event) bool { return slices.Contains(debeziumtest.Full, e.Schema+"."+e.Table) }

// Whatever is removed or of another type: the same event, one of the list above, or an error.
func TestDecoder_never_reads_something_else(t *testing.T) {
	t.Parallel()
	for _, mode := range debeziumtest.Modes[:2] {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			o := debezium.DefaultOptions()
			o.Full, o.Signals = debeziumtest.Full, nil
			d, err := debezium.New(o, nil)
			require.NoError(t, err)
			c := &check{t: t, d: d, kinds: map[string]int{}}
			typed := mode == "json-schema"
			seen := map[string]bool{}
			for _, r := range debeziumtest.Records(t, mode) {
				c.edit(r, "value", r.Value, typed, seen, func(r *debezium.Record, b []byte) { r.Value = b })
				c.edit(r, "key", r.Key, typed, seen, func(r *debezium.Record, b []byte) { r.Key = b })
				for _, name := range []string{newKey, oldKey} {
					if r.Value != nil {
						c.edit(r, name, r.Headers[name], false, seen, func(r *debezium.Record, b []byte) { r.Headers = map[string][]byte{name: b} })
					}
				}
			}
			t.Log(c.kinds)
		})
	}
}

type check struct {
	t     *testing.T
	d     *debezium.Decoder
	kinds map[string]int
}

// edit tries all changes of one part of a record. A schema is changed once: it is the same before many values.
func (c *check) edit(r debezium.Record, part string, data []byte, typed bool, seen map[string]bool, put func(*debezium.Record, []byte)) {
	if len(data) == 0 {
		return
	}
	want, err := c.d.Decode(c.t.Context(), r)
	require.NoError(c.t, err)
	root := parse(c.t, data)
	if schema := string(data[:max(0, bytes.Index(data, []byte(`,"payload":`)))]); typed && seen[schema+r.Topic] {
		schemaOf := root.members[0].tree
		root.members[0].tree = &tree{raw: schemaOf.text()}
	} else {
		seen[schema+r.Topic] = true
	}
	root.edits(func(path, change, text string) {
		other := r
		put(&other, []byte(text))
		got, err := c.d.Decode(c.t.Context(), other)
		c.judge(want, got, err, part, path, change, typed, r)
	})
}

// judge says whether a change came to something that it may come to.
func (c *check) judge(want, got debezium.Result, err error, part, path, change string, typed bool, r debezium.Record) {
	where := fmt.Sprintf("%s/%d at %d: %s %s → %q", r.Topic, r.Partition, r.Offset, part, path, change)
	if err != nil {
		bad, is := errors.AsType[*debezium.Error](err)
		require.True(c.t, is, "%s: %v", where, err)
		require.Contains(c.t, expected(want, strings.TrimPrefix(path, "payload."), path), bad.Kind, "%s: %v", where, err)
		c.kinds[string(bad.Kind)]++
		return
	}
	if want.Event != nil && got.Event != nil {
		if other, may := changed(want.Event, part, strings.TrimPrefix(path, "payload."), change, typed); may {
			other.ID = got.Event.ID // of the key
			require.Equal(c.t, other, *got.Event, where)
			c.kinds["other"]++
			return
		}
	}
	require.Equal(c.t, want, got, where)
	c.kinds["same"]++
}

// expected are the kinds of errors that a change may lead to.
func expected(want debezium.Result, path, whole string) []debezium.Kind {
	kinds := []debezium.Kind{debezium.SchemaMismatch}
	switch {
	case want.Skip == debezium.Heartbeat, whole == "schema", whole == "payload":
		kinds = append(kinds, debezium.Connector)
	case want.Boundary != nil && slices.Contains([]string{"event_count", "data_collections"}, path),
		slices.Contains([]string{"before", "after", "source.sequence", "source.lsn", "source.txId", "source.snapshot"}, path):
		kinds = append(kinds, debezium.EventProcessing)
	case want.Event != nil:
		if _, inKey := want.Event.Key[path[strings.LastIndexByte(path, '.')+1:]]; inKey {
			kinds = append(kinds, debezium.EventProcessing) // it is not the row's any more
		}
	}
	return kinds
}
