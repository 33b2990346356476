package trending

import (
	"encoding/base64"
	"encoding/binary"
)

// cursor says where a page begins: in which list, known by the hash of its post ids in order, and at which place.
// Two lists of the same order are the same to a reader who pages, even of another instance or before a restart.
type cursor struct {
	order  uint64
	offset uint32
}

const (
	cursorVersion = 1
	cursorBytes   = 1 + 8 + 4
)

func (c cursor) String() string {
	b := append(make([]byte, 0, cursorBytes), cursorVersion)
	b = binary.BigEndian.AppendUint64(b, c.order)
	b = binary.BigEndian.AppendUint32(b, c.offset)
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor accepts only what String writes: base64 has other spellings of the same bytes.
func parseCursor(text string) (cursor, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) != cursorBytes || b[0] != cursorVersion {
		return cursor{}, ErrBadCursor
	}
	c := cursor{binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint32(b[9:])}
	if c.String() != text {
		return cursor{}, ErrBadCursor
	}
	return c, nil
}
