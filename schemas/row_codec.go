package schemas

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/lovoo/goka"
	"github.com/twmb/avro"
)

// RowCodec is the codec of a table's rows. Unlike records, rows are our own: one that cannot be read is an error, for
// a stage must not go on as if it had never seen the key.
//
// A row is one version byte, which names the embedded schema it was written with, and its Avro body, which begins with
// the position: epoch and offset of the last record applied.
type RowCodec interface {
	goka.Codec
	// New returns an empty row at NoPosition.
	New() Row
	// Last returns the position of an encoded row without decoding the rest of it.
	Last(raw []byte) (Position, error)
}

var errEmptyRow = errors.New("schemas: empty row")

// rowCodec codes rows of type R by way of W, the struct of the Avro schema.
type rowCodec[R Row, W any] struct {
	name    string
	version byte
	head    []byte // version
	current *avro.Schema
	byHand  *byHand[R]            // for current
	writers map[byte]*avro.Schema // every schema rows were ever written with, resolved to current
	wire    func(R) *W
	row     func(*W) R
	empty   func() R
}

// newRowCodec takes the schemas of all versions; the last, highest one is current and is what rows are written with.
func newRowCodec[R Row, W any](name string, versions map[byte]*avro.Schema, byHand *byHand[R], empty func() R, wire func(R) *W, row func(*W) R) *rowCodec[R, W] {
	c := &rowCodec[R, W]{name: name, byHand: byHand, writers: make(map[byte]*avro.Schema, len(versions)), wire: wire, row: row, empty: empty}
	for version, schema := range versions {
		if c.current == nil || version > c.version {
			c.version, c.current = version, schema
		}
	}
	for version, schema := range versions {
		resolved, err := avro.Resolve(schema, c.current)
		if err != nil { // part of the program: a bug
			panic(fmt.Sprintf("reading version %d of %s: %v", version, name, err))
		}
		c.writers[version] = resolved
	}
	c.head = []byte{c.version}
	return c
}

func (c *rowCodec[R, W]) New() Row { return c.empty() }

func (c *rowCodec[R, W]) Encode(value any) ([]byte, error) { return c.AppendEncode(nil, value) }

func (c *rowCodec[R, W]) AppendEncode(data []byte, value any) ([]byte, error) {
	row, ok := value.(R)
	if !ok {
		return nil, fmt.Errorf("encoding %s: %T is not %T", c.name, value, row)
	}
	if data, ok := c.byHand.encode(data, c.head, row); ok {
		return data, nil
	}
	data, err := c.current.AppendEncode(append(slices.Grow(data, 64), c.version), c.wire(row))
	if err != nil {
		return nil, fmt.Errorf("encoding %s: %w", c.name, err)
	}
	return data, nil
}

func (c *rowCodec[R, W]) Decode(data []byte) (any, error) {
	if len(data) > 0 && data[0] == c.version {
		if row, ok := c.byHand.decode(data[1:]); ok {
			return row, nil
		}
	}
	writer, err := c.writer(data)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", c.name, err)
	}
	wire := new(W)
	rest, err := writer.Decode(data[1:], wire)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", c.name, err)
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("decoding %s: %d bytes after the row", c.name, len(rest))
	}
	return c.row(wire), nil
}

func (c *rowCodec[R, W]) Last(raw []byte) (Position, error) {
	if _, err := c.writer(raw); err != nil {
		return NoPosition, fmt.Errorf("reading the position of %s: %w", c.name, err)
	}
	epoch, n := binary.Varint(raw[1:]) // zigzag, as Avro's int and long
	if n <= 0 || epoch < math.MinInt32 || epoch > math.MaxInt32 {
		return NoPosition, fmt.Errorf("reading the position of %s: bad epoch", c.name)
	}
	offset, m := binary.Varint(raw[1+n:])
	if m <= 0 {
		return NoPosition, fmt.Errorf("reading the position of %s: bad offset", c.name)
	}
	return Position{Epoch: int32(epoch), Offset: offset}, nil
}

// writer returns the schema raw was written with.
func (c *rowCodec[R, W]) writer(raw []byte) (*avro.Schema, error) {
	if len(raw) == 0 {
		return nil, errEmptyRow
	}
	writer, known := c.writers[raw[0]]
	if !known {
		return nil, fmt.Errorf("version %d is unknown, the newest known is %d", raw[0], c.version)
	}
	return writer, nil
}
