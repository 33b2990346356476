package schemas

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/twmb/avro"
)

var errEmptyRow = errors.New("schemas: empty row")

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

func (c *rowCodec[T, R, W]) Decode(data []byte) (any, error) {
	row, err := c.decode(data)
	if err != nil {
		return nil, err
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
	decoded, err := c.decode(data)
	if err != nil {
		return err
	}
	*into = *decoded
	return nil
}

func (c *rowCodec[T, R, W]) decode(data []byte) (R, error) {
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

func (c *rowCodec[T, R, W]) decodeBySchema(data []byte) (R, error) {
	read, err := c.reader(data)
	if err != nil {
		return nil, err
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
