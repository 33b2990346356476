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

// ReusingRowCodec is a RowCodec that decodes into memory it is given. The codecs of this package are.
type ReusingRowCodec interface {
	RowCodec
	// DecodeInto makes row, which is one of the codec's, equal to what Decode returns, and uses the memory it holds
	// again where it can. Nobody else may hold parts of row. After an error row holds anything, and can be given again.
	DecodeInto(row Row, data []byte) error
}

var errEmptyRow = errors.New("schemas: empty row")

// rowCodec codes rows of type R, which is *T, by way of W, the struct of the Avro schema.
type rowCodec[T any, R pointerRow[T], W any] struct {
	name    string
	version byte
	head    []byte // version
	current *avro.Schema
	byHand  *byHand[R]            // for current
	readers map[byte]rowReader[R] // by the version a body was written with
	wire    func(R) *W
	empty   func() R
}

type pointerRow[T any] interface {
	*T
	Row
}

// rowReader reads a body of one version by its schema and returns the bytes after it.
type rowReader[R Row] func(body []byte) (row R, rest []byte, err error)

// bySchema reads bodies written with writer.
func bySchema[R Row, W any](writer *avro.Schema, row func(*W) (R, error)) rowReader[R] {
	return func(body []byte) (r R, rest []byte, err error) {
		wire := new(W)
		if rest, err = writer.Decode(body, wire); err != nil {
			return r, nil, err
		}
		r, err = row(wire)
		return r, rest, err
	}
}

// newRowCodec takes the schemas of all versions that Avro can resolve to one another; the last, highest one is current
// and is what rows are written with.
func newRowCodec[T any, R pointerRow[T], W any](name string, versions map[byte]*avro.Schema, byHand *byHand[R], empty func() R, wire func(R) *W, row func(*W) (R, error)) *rowCodec[T, R, W] {
	c := &rowCodec[T, R, W]{name: name, byHand: byHand, readers: make(map[byte]rowReader[R], len(versions)), wire: wire, empty: empty}
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
		c.readers[version] = bySchema(resolved, row)
	}
	c.head = []byte{c.version}
	return c
}

// withEarlier adds a version whose fields mean something else than those of today.
func (c *rowCodec[T, R, W]) withEarlier(version byte, read rowReader[R]) *rowCodec[T, R, W] {
	c.readers[version] = read
	return c
}

func (c *rowCodec[T, R, W]) New() Row { return c.empty() }

func (c *rowCodec[T, R, W]) Encode(value any) ([]byte, error) { return c.AppendEncode(nil, value) }

func (c *rowCodec[T, R, W]) AppendEncode(data []byte, value any) ([]byte, error) {
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

func (c *rowCodec[T, R, W]) Decode(data []byte) (any, error) {
	if len(data) > 0 && data[0] == c.version {
		if row, ok := c.byHand.decode(data[1:]); ok {
			return row, nil
		}
	}
	row, err := c.decodeBySchema(data)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: %w", c.name, err)
	}
	return row, nil
}

func (c *rowCodec[T, R, W]) DecodeInto(row Row, data []byte) error {
	into, ok := row.(R)
	if !ok {
		return fmt.Errorf("decoding %s: into %T, not %T", c.name, row, into)
	}
	if len(data) > 0 && data[0] == c.version && c.byHand.decodeInto(into, data[1:]) {
		return nil
	}
	decoded, err := c.Decode(data)
	if err != nil {
		return err
	}
	*into = *decoded.(R)
	return nil
}

func (c *rowCodec[T, R, W]) decodeBySchema(data []byte) (row R, err error) {
	read, err := c.reader(data)
	if err != nil {
		return row, err
	}
	row, rest, err := read(data[1:])
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%d bytes after the row", len(rest))
	}
	return row, err
}

func (c *rowCodec[T, R, W]) Last(raw []byte) (Position, error) {
	if _, err := c.reader(raw); err != nil {
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

// reader returns what reads the version of raw.
func (c *rowCodec[T, R, W]) reader(raw []byte) (rowReader[R], error) {
	if len(raw) == 0 {
		return nil, errEmptyRow
	}
	read, known := c.readers[raw[0]]
	if !known {
		return nil, fmt.Errorf("version %d is unknown, the newest known is %d", raw[0], c.version)
	}
	return read, nil
}
