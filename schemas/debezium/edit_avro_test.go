package debezium_test

import (
	"encoding/binary"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/linkedin/goavro/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// avroEdit is a writer's schema with one field less or of another type, and how a value is then.
type avroEdit struct {
	path, change string // as in tree.edits
	codec        *goavro.Codec
	id           int
	apply        func(native map[string]any)
}

// A writer that knows a field not, or as another type, writes so; what comes of it is as in JSON with schema, but that a
// column may be missing: the writer's schema says so.
func TestDecoder_never_reads_something_else_in_Avro(t *testing.T) {
	registry := debeziumtest.Schemas(t)
	originals := map[int]*goavro.Codec{}
	edits := map[int][]avroEdit{}
	ids := slices.Sorted(maps.Keys(registry))
	for _, id := range ids {
		codec, err := goavro.NewCodec(registry[id])
		require.NoError(t, err)
		originals[id] = codec
		edits[id] = avroEdits(t, registry, registry[id])
	}
	o := debezium.DefaultOptions()
	o.Full, o.Signals = debeziumtest.Full, nil
	d, err := debezium.New(o, registry)
	require.NoError(t, err)
	c := &check{t: t, d: d, kinds: map[string]int{}}
	for _, r := range debeziumtest.Records(t, "avro") {
		want, err := d.Decode(t.Context(), r)
		require.NoError(t, err)
		try := func(part string, data []byte, put func(*debezium.Record, []byte)) {
			if len(data) == 0 {
				return
			}
			id := int(binary.BigEndian.Uint32(data[1:]))
			for _, edit := range edits[id] {
				native, _, err := originals[id].NativeFromBinary(data[5:])
				require.NoError(t, err)
				edit.apply(native.(map[string]any))
				bytes, err := edit.codec.BinaryFromNative(binary.BigEndian.AppendUint32([]byte{0}, uint32(edit.id)), native)
				require.NoError(t, err)
				other := r
				put(&other, bytes)
				got, err := d.Decode(t.Context(), other)
				c.judgeAvro(want, got, err, part, edit, r)
			}
		}
		try("value", r.Value, func(r *debezium.Record, b []byte) { r.Value = b })
		try("key", r.Key, func(r *debezium.Record, b []byte) { r.Key = b })
	}
	t.Log(c.kinds)
}

// judgeAvro judges as in JSON without schema, since the schema changes with the value. A column changes in both rows.
func (c *check) judgeAvro(want, got debezium.Result, err error, part string, edit avroEdit, r debezium.Record) {
	column, isColumn := strings.CutPrefix(edit.path, "before.")
	if e := want.Event; err == nil && e != nil && got.Event != nil && isColumn && part == "value" {
		after, inAfter := changed(e, part, "after."+column, edit.change, false)
		if inAfter {
			want.Event = &after
		}
		if before, inBefore := changed(want.Event, part, edit.path, edit.change, false); inBefore {
			want.Event = &before
			inAfter = true
		}
		if inAfter {
			want.Event.ID = got.Event.ID
		}
		require.Equal(c.t, want, got, edit.path)
		return
	}
	c.judge(want, got, err, part, edit.path, edit.change, false, r)
}

// avroEdits makes all changes of the fields of a schema, and registers each.
func avroEdits(t *testing.T, registry debeziumtest.Registry, text string) []avroEdit {
	t.Helper()
	var root map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &root))
	var edits []avroEdit
	add := func(path []string, change string, native any) {
		spec, err := json.Marshal(root)
		require.NoError(t, err)
		codec, err := goavro.NewCodec(string(spec))
		require.NoError(t, err)
		id := 1000 + len(registry)
		registry[id] = string(spec)
		edits = append(edits, avroEdit{strings.Join(path, "."), change, codec, id, func(record map[string]any) {
			put(record, path, change == removed, native)
			if path[0] == "before" { // both rows are of one type
				put(record, append([]string{"after"}, path[1:]...), change == removed, native)
			}
		}})
	}
	var visit func(path []string, record map[string]any)
	visit = func(path []string, record map[string]any) {
		fields := record["fields"].([]any)
		for i, f := range fields {
			f := f.(map[string]any)
			at := append(slices.Clone(path), f["name"].(string))
			inner := recordOf(f["type"])
			if inner == nil || inner["name"] != "Value" { // of which "after" knows only the name
				record["fields"] = slices.Delete(slices.Clone(fields), i, i+1)
				add(at, removed, nil)
				for change, to := range map[string]any{"true": true, "7": int64(7), `"x"`: "x"} {
					kind := map[string]string{"true": "boolean", "7": "long", `"x"`: "string"}[change]
					if strings.Contains(kindsOf(f["type"]), kind) {
						continue
					}
					record["fields"] = slices.Replace(slices.Clone(fields), i, i+1, any(map[string]any{"name": f["name"], "type": kind}))
					add(at, change, to)
				}
				record["fields"] = fields
			}
			if inner != nil {
				visit(at, inner)
			}
		}
	}
	visit(nil, root)
	return edits
}

// recordOf returns the record in a type, which may be in a union.
func recordOf(node any) map[string]any {
	switch node := node.(type) {
	case []any:
		for _, branch := range node {
			if r := recordOf(branch); r != nil {
				return r
			}
		}
	case map[string]any:
		if node["type"] == "record" {
			return node
		}
	}
	return nil
}

func kindsOf(node any) string {
	text, _ := json.Marshal(node)
	return string(text)
}

// put changes a native value as its schema was changed.
func put(record map[string]any, path []string, remove bool, native any) {
	for _, name := range path[:len(path)-1] {
		next, ok := record[name].(map[string]any)
		if !ok {
			return
		}
		for name, inner := range next { // out of its union
			if in, ok := inner.(map[string]any); ok && len(next) == 1 && (strings.Contains(name, ".") || name == "Value") {
				next = in
			}
		}
		record = next
	}
	last := path[len(path)-1]
	if _, ok := record[last]; !ok {
		return
	}
	if delete(record, last); !remove {
		record[last] = native
	}
}
