package feed

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// cursor says which posts of an order have been shown: all before a place, and some behind it, since an author may have had
// no more room on a page. So pages may be of any length.
type cursor struct {
	snapshot uint64
	from     uint16 // the first that has not been shown
	behind   []byte // bits, the lowest first, of the places from there on: 1 for one that has been shown
}

// MaxCursor is how long a cursor can be, in characters.
const MaxCursor = 1024

const (
	cursorVersion = 1
	cursorHead    = 1 + 8 + 8 + 2 // version, hash of whose it is, snapshot, place
)

// cursorAfter returns the cursor of what has not been shown.
func cursorAfter(snapshot uint64, shown []bool) cursor {
	from := 0
	for from < len(shown) && shown[from] {
		from++
	}
	if from == len(shown) {
		return cursor{}
	}
	c := cursor{snapshot: snapshot, from: uint16(from)} //nolint:gosec // an order is far shorter
	for i, is := range shown[from:] {
		if is {
			for len(c.behind) <= i/8 {
				c.behind = append(c.behind, 0)
			}
			c.behind[i/8] |= 1 << (i % 8)
		}
	}
	return c
}

// text writes a cursor of a reader, or nothing at the end.
func (c cursor) text(readerID string) string {
	if c.from == 0 {
		return ""
	}
	b := append(make([]byte, 0, cursorHead+len(c.behind)), cursorVersion)
	b = binary.BigEndian.AppendUint64(b, xxhash.Sum64String(readerID))
	b = binary.BigEndian.AppendUint64(b, c.snapshot)
	b = binary.BigEndian.AppendUint16(b, c.from)
	return base64.RawURLEncoding.EncodeToString(append(b, c.behind...))
}

// parseCursor accepts only what text writes for this reader: base64 has other spellings of the same bytes.
func parseCursor(text, readerID string) (cursor, error) {
	if len(text) > MaxCursor {
		return cursor{}, ErrBadCursor
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < cursorHead {
		return cursor{}, ErrBadCursor
	}
	c := cursor{binary.BigEndian.Uint64(b[9:]), binary.BigEndian.Uint16(b[17:]), b[cursorHead:]}
	if n := len(c.behind); n > 0 && (c.behind[n-1] == 0 || c.behind[0]&1 != 0) || c.text(readerID) != text {
		return cursor{}, ErrBadCursor
	}
	return c, nil
}

// shown returns which places of an order of that length have been shown. It fails with ErrBadCursor for another order's.
func (c cursor) shown(length int) ([]bool, error) {
	if int(c.from) >= length {
		return nil, ErrBadCursor
	}
	shown := make([]bool, length)
	for i := range c.from {
		shown[i] = true
	}
	for i := range 8 * len(c.behind) {
		if c.behind[i/8]&(1<<(i%8)) == 0 {
			continue
		}
		if int(c.from)+i >= length {
			return nil, ErrBadCursor
		}
		shown[int(c.from)+i] = true
	}
	return shown, nil
}
