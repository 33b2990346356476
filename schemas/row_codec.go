package schemas

import (
	"fmt"
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
