package session

import "encoding/hex"

// ID names a session. It is a UUID.
type ID [16]byte

// String returns the ID as UUIDs are written.
func (id ID) String() string {
	text := hex.AppendEncode(make([]byte, 0, 36), id[:4])
	for _, part := range [...][]byte{id[4:6], id[6:8], id[8:10], id[10:]} {
		text = hex.AppendEncode(append(text, '-'), part)
	}
	return string(text)
}

// MarshalText returns the ID as String does.
func (id ID) MarshalText() ([]byte, error) { return []byte(id.String()), nil }
