package schemas

import (
	"encoding/binary"
	"fmt"
	"math"
)

// TombstoneHeader is the header of a tombstone that holds the position of the row it removes, see Position.Encode.
const TombstoneHeader = "at"

// Everything is a position that covers all others.
var Everything = Position{Epoch: math.MaxInt32, Offset: math.MaxInt64}

// positionSize is how many bytes an encoded position has: epoch and offset, big endian.
const positionSize = 4 + 8

// Encode returns p in 12 bytes.
func (p Position) Encode() []byte {
	b := binary.BigEndian.AppendUint32(make([]byte, 0, positionSize), uint32(p.Epoch))
	return binary.BigEndian.AppendUint64(b, uint64(p.Offset))
}

// TombstonePosition returns how much the row had seen that a tombstone removes. header is the value of TombstoneHeader;
// a tombstone without one, nil, is from a time when they did not say so, and removes whatever is there. A header of
// another size is an error.
func TombstonePosition(header []byte) (Position, error) {
	switch len(header) {
	case 0:
		return Everything, nil
	case positionSize:
		return Position{int32(binary.BigEndian.Uint32(header)), int64(binary.BigEndian.Uint64(header[4:]))}, nil
	}
	return NoPosition, fmt.Errorf("schemas: the position of a tombstone has %d bytes, not %d", len(header), positionSize)
}
