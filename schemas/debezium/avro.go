package debezium

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/nova-social/nova-streams/schemas"
)

// Schemas are what writers have written by.
type Schemas interface {
	// ByID returns a schema of Avro as JSON. The error wraps schemas.ErrSchemaNotFound if there is none of that id; any
	// other means that nobody could say.
	ByID(ctx context.Context, id int) (string, error)
}

// Confluent's frame: a zero byte, the id of the schema as four bytes big endian, the Avro body.
const (
	frameMagic = 0
	frameSize  = 5
)

// avroSchemas remembers writers' schemas by id, compiled.
type avroSchemas struct {
	lookup Schemas
	known  sync.Map // id → *avroSchema
}

func (a *avroSchemas) get(ctx context.Context, id uint32) (*avroSchema, error) {
	switch {
	case a.lookup == nil:
		return nil, refuse(Connector, "Avro, and no registry to ask for its schema")
	case id > math.MaxInt32: // a registry may not even understand the question
		return nil, refuse(SchemaMismatch, "schema %d is beyond all ids", id)
	}
	if known, ok := a.known.Load(id); ok {
		return known.(*avroSchema), nil //nolint:errcheck // nothing else is stored
	}
	text, err := a.lookup.ByID(ctx, int(id))
	if errors.Is(err, schemas.ErrSchemaNotFound) {
		return nil, &Error{SchemaMismatch, err}
	}
	if err != nil {
		return nil, fmt.Errorf("looking up schema %d: %w", id, err)
	}
	compiled, err := newAvroSchema(text)
	if err != nil {
		return nil, within(fmt.Sprintf("schema %d", id), err)
	}
	a.known.Store(id, compiled)
	return compiled, nil
}

// Learn asks for the schemas of a key and a value that are not known yet, as Decode would: for who wants to wait for them at
// another place. What is wrong with them Decode says.
func (d *Decoder) Learn(ctx context.Context, key, value []byte) {
	for _, data := range [][]byte{value, key} {
		if len(data) < frameSize || data[0] != frameMagic {
			continue
		}
		if id := binary.BigEndian.Uint32(data[1:]); id != 0 {
			_, _ = d.avro.get(ctx, id)
		}
	}
}

// readAvro reads a framed record. Members that are records are kept apart if deep is set.
func (d *Decoder) readAvro(ctx context.Context, data []byte, deep bool) (object, *shape, error) {
	if len(data) < frameSize {
		return object{}, nil, refuse(EventProcessing, "cut: a frame of %d bytes", len(data))
	}
	id := binary.BigEndian.Uint32(data[1:])
	if id == 0 {
		return object{}, nil, refuse(Connector, "framed with an id of eight bytes, not four")
	}
	schema, err := d.avro.get(ctx, id)
	if err != nil {
		return object{}, nil, err
	}
	native, rest, err := schema.codec.NativeFromBinary(data[frameSize:])
	switch {
	case err != nil:
		return object{}, nil, refuse(EventProcessing, "not of schema %d: %w", id, err)
	case len(rest) > 0:
		return object{}, nil, refuse(EventProcessing, "%d bytes after its end", len(rest))
	}
	o, err := schema.shape.object(native, deep)
	return o, schema.shape, err
}

// object takes a record of goavro's apart.
func (s *shape) object(native any, deep bool) (object, error) {
	values, _ := native.(map[string]any)
	o := object{texts: make(Columns, len(s.fields))}
	if deep {
		o.structs = map[string]Columns{}
	}
	for _, f := range s.fields {
		value := f.shape.inner(values[f.name])
		if deep && value != nil && f.shape.kind == structKind {
			inner, err := f.shape.object(value, false)
			if err != nil {
				return object{}, within(f.name, err)
			}
			o.structs[f.name] = inner.texts
			continue
		}
		text, err := f.shape.avroText(value)
		if err != nil {
			return object{}, within(f.name, err)
		}
		o.texts[f.name] = text
	}
	return o, nil
}

// inner takes a value out of its union.
func (s *shape) inner(value any) any {
	if wrapped, ok := value.(map[string]any); ok && s.union {
		for _, value = range wrapped { // there is one
		}
	}
	return value
}

// avroText returns the one form of a value that was taken out of its union.
func (s *shape) avroText(value any) (string, error) {
	switch value := value.(type) {
	case nil:
		return null, nil
	case bool:
		return strconv.FormatBool(value), nil
	case int32:
		return s.integerText(int64(value))
	case int64:
		return s.integerText(value)
	case float32:
		return s.floatText(float64(value)), nil
	case float64:
		return s.floatText(value), nil
	case string:
		if !utf8.ValidString(value) {
			return "", refuse(EventProcessing, "not UTF-8: %s", excerpt(value))
		}
		return s.stringText(value), nil
	case []byte:
		return s.bytesText(value), nil
	case []any:
		b := []byte{'['}
		for _, item := range value {
			text, err := s.items.avroText(s.items.inner(item))
			if err != nil {
				return "", err
			}
			b = append(appendComma(b), text...)
		}
		return string(append(b, ']')), nil
	case map[string]any:
		return s.avroObjectText(value)
	}
	return "", refuse(EventProcessing, "read as %T", value)
}

// avroObjectText returns the one form of a map or record.
func (s *shape) avroObjectText(value map[string]any) (string, error) {
	if s.kind == mapKind {
		texts := make(map[string]string, len(value))
		for key, item := range value {
			text, err := s.items.avroText(s.items.inner(item))
			if err != nil {
				return "", err
			}
			if !utf8.ValidString(key) {
				return "", refuse(EventProcessing, "not UTF-8: %s", excerpt(key))
			}
			texts[key] = text
		}
		return dictionaryText(texts), nil
	}
	texts := make([]string, len(s.fields))
	for i, f := range s.fields {
		text, err := f.shape.avroText(f.shape.inner(value[f.name]))
		if err != nil {
			return "", err
		}
		texts[i] = text
	}
	return s.structText(texts)
}
