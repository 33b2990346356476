package debezium

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/linkedin/goavro/v2"
)

func init() {
	// A damaged count of items must not take gigabytes before anybody sees that the items are not there.
	goavro.MaxBlockCount = 1 << 20
}

// avroSchema reads what a writer has written by one schema.
type avroSchema struct {
	codec *goavro.Codec
	shape *shape
}

// newAvroSchema compiles a writer's schema. Of it goavro gets only what says how bytes lie: a default, which a reader
// of the writer's own schema never needs, would make it refuse the numbers that converters give columns of bytes, and a
// logical type would make it turn values into Go's types, each of them another.
func newAvroSchema(text string) (*avroSchema, error) {
	var node any
	if err := json.Unmarshal([]byte(text), &node); err != nil {
		return nil, refuse(SchemaMismatch, "reading its schema: %w", err)
	}
	c := avroCompiler{named: map[string]named{}}
	s, bare, err := c.compile(node, "")
	if err != nil {
		return nil, err
	}
	if s.kind != structKind || s.form != asWritten || s.union {
		return nil, refuse(SchemaMismatch, "its schema is not of a record")
	}
	spec, err := json.Marshal(bare)
	if err != nil {
		return nil, refuse(SchemaMismatch, "its schema: %w", err)
	}
	codec, err := goavro.NewCodec(string(spec))
	if err != nil {
		return nil, refuse(SchemaMismatch, "its schema: %w", err)
	}
	return &avroSchema{codec, s}, nil
}

// avroCompiler makes of a schema its shape and its bare text.
type avroCompiler struct {
	named map[string]named // types by their full names, once they are complete: one that holds itself is not found
	count int              // of named types
}

type named struct {
	shape *shape
	bare  string // the name in the bare text
}

var avroTypes = map[string]shape{
	"boolean": {kind: boolKind},
	"int":     {kind: intKind, bits: 32},
	"long":    {kind: intKind, bits: 64},
	"float":   {kind: floatKind, bits: 32},
	"double":  {kind: floatKind, bits: 64},
	"string":  {kind: stringKind},
	"bytes":   {kind: bytesKind},
	"array":   {kind: arrayKind},
	"map":     {kind: mapKind},
	"record":  {kind: structKind},
	"enum":    {kind: stringKind},
	"fixed":   {kind: bytesKind},
}

func (c *avroCompiler) compile(node any, namespace string) (*shape, any, error) {
	switch node := node.(type) {
	case string:
		return c.byName(node, namespace)
	case []any:
		return c.union(node, namespace)
	case map[string]any:
		name, ok := node["type"].(string)
		if !ok { // a type in a type
			return c.compile(node["type"], namespace)
		}
		return c.complex(name, node, namespace)
	}
	return nil, nil, refuse(SchemaMismatch, "its schema has a part that is no type")
}

func (c *avroCompiler) byName(name, namespace string) (*shape, any, error) {
	if known, ok := c.named[fullName(name, namespace)]; ok {
		return known.shape, known.bare, nil
	}
	if s, ok := avroTypes[name]; ok && s.kind != arrayKind && s.kind != mapKind && s.kind != structKind && name != "enum" && name != "fixed" {
		return &s, name, nil
	}
	return nil, nil, refuse(SchemaMismatch, "its schema has the unknown type %q", excerpt(name))
}

// union takes null and one type; Connect has no other unions.
func (c *avroCompiler) union(branches []any, namespace string) (*shape, any, error) {
	var only shape
	optional, found := false, 0
	bare := make([]any, len(branches))
	for i, branch := range branches {
		if branch == null {
			optional, bare[i] = true, null
			continue
		}
		s, text, err := c.compile(branch, namespace)
		if err != nil {
			return nil, nil, err
		}
		only, bare[i] = *s, text
		found++
	}
	if found != 1 || only.union {
		return nil, nil, refuse(SchemaMismatch, "its schema has a union of other than null and one type")
	}
	only.optional, only.union = optional, true
	return &only, bare, nil
}

func fullName(name, namespace string) string {
	if namespace == "" || strings.Contains(name, ".") {
		return name
	}
	return namespace + "." + name
}
