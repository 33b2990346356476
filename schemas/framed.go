package schemas

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/avro"
)

// The Confluent frame: a zero byte, the schema id as four bytes big endian, the Avro body.
const (
	frameMagic  = 0
	frameSize   = 5
	maxSchemaID = 1<<31 - 1 // registries number with Java's int
)

// framed is the codec of one record type in a Confluent frame. T is the record's struct.
type framed[T any] struct {
	name    string // of the record, for errors
	reader  *avro.Schema
	id      uint32      // under which reader is registered
	head    []byte      // of every frame with that id
	byHand  *byHand[*T] // nil: reader does it all
	writers *writers
}

func newFramed[T any](name string, reader *avro.Schema, byHand *byHand[*T], id uint32, lookup lookup) *framed[T] {
	head := binary.BigEndian.AppendUint32([]byte{frameMagic}, id)
	return &framed[T]{name: name, reader: reader, id: id, head: head, byHand: byHand, writers: newWriters(reader, id, lookup)}
}

// Encode returns the framed Avro of a *T. It fails only for another type or a value outside the schema's enums.
func (c *framed[T]) Encode(value any) ([]byte, error) { return c.AppendEncode(nil, value) }

// AppendEncode appends to data what Encode returns.
func (c *framed[T]) AppendEncode(data []byte, value any) ([]byte, error) {
	record, ok := value.(*T)
	if !ok {
		return nil, fmt.Errorf("encoding %s: %T is not %T", c.name, value, record)
	}
	if record != nil {
		if data, ok := c.byHand.encode(data, c.head, record); ok {
			return data, nil
		}
	}
	data, err := c.reader.AppendEncode(append(slices.Grow(data, 192), c.head...), record) // most records fit
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", c.name, err)
	}
	return data, nil
}

// Decode returns a *T or an *Unreadable; see Codecs for the one error.
func (c *framed[T]) Decode(data []byte) (any, error) {
	record, bad, err := c.decode(data)
	switch {
	case err != nil:
		return nil, err
	case bad != nil:
		return bad, nil
	}
	return record, nil
}

func (c *framed[T]) decode(data []byte) (*T, *Unreadable, error) {
	switch {
	case data == nil:
		return nil, &Unreadable{Reason: ReasonNullValue}, nil
	case len(data) == 0 || data[0] != frameMagic:
		return nil, refuse(data, ReasonNotAFormat, "no Confluent frame"), nil
	case len(data) < frameSize:
		return nil, refuse(data, ReasonMalformed, "frame of %d bytes, at least %d", len(data), frameSize), nil
	}
	id := binary.BigEndian.Uint32(data[1:frameSize])
	if id == c.id {
		if record, ok := c.byHand.decode(data[frameSize:]); ok {
			return record, nil, nil
		}
	}
	writer, err := c.writers.get(id)
	if err != nil {
		return nil, nil, fmt.Errorf("decoding %s: %w", c.name, err)
	}
	if writer.schema == nil {
		return nil, refuse(data, writer.reason, "%s", writer.detail), nil
	}
	record := new(T)
	rest, err := writer.schema.Decode(data[frameSize:], record)
	switch {
	case err != nil:
		return nil, refuse(data, ReasonMalformed, "%s", cause(err)), nil
	case len(rest) > 0:
		return nil, refuse(data, ReasonMalformed, "%d bytes after the record", len(rest)), nil
	}
	return record, nil, nil
}

// cause reduces a decoder's error to field and fault.
func cause(err error) string {
	var semantic *avro.SemanticError
	if errors.As(err, &semantic) && semantic.Err != nil {
		return semantic.Field + ": " + semantic.Err.Error()
	}
	return err.Error()
}
