package debezium

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
)

// connectSchema is a schema as the JSON converter writes it before each value.
type connectSchema struct {
	Type       string            `json:"type"`
	Optional   bool              `json:"optional"`
	Name       string            `json:"name"`
	Parameters map[string]string `json:"parameters"`
	Fields     []*connectSchema  `json:"fields"`
	Items      *connectSchema    `json:"items"`
	Keys       *connectSchema    `json:"keys"`
	Values     *connectSchema    `json:"values"`
	Field      string            `json:"field"` // name of the field that it is the schema of
}

var connectTypes = map[string]shape{
	"boolean": {kind: boolKind},
	"int8":    {kind: intKind, bits: 8},
	"int16":   {kind: intKind, bits: 16},
	"int32":   {kind: intKind, bits: 32},
	"int64":   {kind: intKind, bits: 64},
	"float":   {kind: floatKind, bits: 32},
	"double":  {kind: floatKind, bits: 64},
	"string":  {kind: stringKind},
	"bytes":   {kind: bytesKind},
	"array":   {kind: arrayKind},
	"map":     {kind: mapKind},
	"struct":  {kind: structKind},
}

func (c *connectSchema) shape() (*shape, error) {
	if c == nil {
		return nil, refuse(SchemaMismatch, "its schema lacks a part")
	}
	s, ok := connectTypes[c.Type]
	if !ok {
		return nil, refuse(SchemaMismatch, "its schema has the unknown type %q", excerpt(c.Type))
	}
	s.optional = c.Optional
	var err error
	switch s.kind {
	case arrayKind:
		s.items, err = c.Items.shape()
	case mapKind:
		if c.Keys == nil || c.Keys.Type != "string" {
			return nil, refuse(SchemaMismatch, "its schema has a map whose keys are not strings")
		}
		s.items, err = c.Values.shape()
	case structKind:
		err = c.addFields(&s)
	default:
	}
	if err != nil {
		return nil, err
	}
	return &s, s.mean(c.Name, func() (int, bool) { return parseScale(c.Parameters["scale"]) })
}

func (c *connectSchema) addFields(s *shape) error {
	for _, f := range c.Fields {
		of, err := f.shape()
		if err != nil {
			return err
		}
		if f.Field == "" || !s.add(f.Field, of) {
			return refuse(SchemaMismatch, "its schema has a field twice or without a name: %q", excerpt(f.Field))
		}
	}
	return nil
}

func parseScale(text string) (int, bool) {
	scale, err := strconv.Atoi(text)
	return scale, err == nil && scale <= maxScale && scale >= -maxScale
}

// connectSchemas remembers what the schemas before values mean, since they are the same for each row of a table.
type connectSchemas struct {
	mu    sync.RWMutex
	known map[string]*shape // by its text
}

// mostSchemas bounds the memory: of each table there are few at a time.
const mostSchemas = 1024

// behind returns the shape of a known schema at the beginning of a text and what follows in its place as payload; nil if
// there is none. It spares reading the larger part of each record. What is known was read once as a whole.
func (c *connectSchemas) behind(data []byte) (*shape, []byte) {
	const before, between = `{"schema":`, `,"payload":`
	rest, ok := bytes.CutPrefix(data, []byte(before))
	schema, payload, both := bytes.Cut(rest, []byte(between))
	if !ok || !both {
		return nil, nil
	}
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known[string(schema)], payload
}

// shape returns the shape of the struct that a schema describes.
func (c *connectSchemas) shape(raw string) (*shape, error) {
	c.mu.RLock()
	s := c.known[raw]
	c.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	var schema connectSchema
	if err := json.Unmarshal([]byte(raw), &schema); err != nil {
		return nil, refuse(SchemaMismatch, "reading its schema: %w", err)
	}
	s, err := schema.shape()
	switch {
	case err != nil:
		return nil, err
	case s.kind != structKind || s.form != asWritten:
		return nil, refuse(SchemaMismatch, "its schema is not of a struct")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) >= mostSchemas {
		c.known = map[string]*shape{}
	}
	c.known[strings.Clone(raw)] = s // not with the record that it lies in
	return s, nil
}
