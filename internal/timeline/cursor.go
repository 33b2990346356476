package timeline

import (
	"encoding/base64"
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// cursor says after which entry a page begins: by what the list is ordered by, so that it holds though entries come and
// go, the one it names included.
type cursor struct {
	at int64 // Unix ms
	id string
}

// The lists, as cursors name them.
const (
	ofPosts     = 'p'
	ofFollowing = 'f'
	ofFollowers = 'r'
)

// MaxCursor is how long a cursor can be, in characters.
const MaxCursor = 2048

const (
	cursorVersion = 1
	cursorHead    = 1 + 1 + 8 + 8 // version, list, hash of whose it is, time
)

// text writes a cursor of one list of one user.
func (c cursor) text(kind byte, userID string) string {
	b := append(make([]byte, 0, cursorHead+len(c.id)), cursorVersion, kind)
	b = binary.BigEndian.AppendUint64(b, xxhash.Sum64String(userID))
	b = binary.BigEndian.AppendUint64(b, uint64(c.at)) //nolint:gosec // and back
	return base64.RawURLEncoding.EncodeToString(append(b, c.id...))
}

// parseCursor accepts only what text writes for this list: base64 has other spellings of the same bytes.
func parseCursor(text string, kind byte, userID string) (cursor, error) {
	if len(text) > MaxCursor {
		return cursor{}, ErrBadCursor
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < cursorHead {
		return cursor{}, ErrBadCursor
	}
	c := cursor{int64(binary.BigEndian.Uint64(b[10:])), string(b[cursorHead:])} //nolint:gosec // as it was written
	if c.text(kind, userID) != text {
		return cursor{}, ErrBadCursor
	}
	return c, nil
}
