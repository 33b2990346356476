package debezium

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
)

// id names a change: 32 hex digits of a hash of what is the same when Connect writes it again, which offset, time and
// run are not. Rows without a key are told apart by their values, so two equal ones of one statement have one id.
func (e *Event) id() string {
	h := make([]byte, 0, 256)
	h = appendPart(h, e.Source.Connector)
	h = appendPart(h, e.Schema)
	h = appendPart(h, e.Table)
	h = appendPart(h, string(e.Operation))
	h = binary.BigEndian.AppendUint64(h, e.Source.Position)
	h = appendColumns(h, e.Key)
	if len(e.Key) == 0 {
		h = appendColumns(h, e.Before)
		h = appendColumns(h, e.After)
	}
	sum := sha256.Sum256(h)
	return hex.EncodeToString(sum[:16])
}

func appendColumns(h []byte, columns Columns) []byte {
	h = binary.BigEndian.AppendUint32(h, uint32(len(columns))) //nolint:gosec // a table has at most 1,600
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		h = appendPart(appendPart(h, name), columns[name])
	}
	return h
}

// appendPart appends a text so that no other texts make the same bytes.
func appendPart(h []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint32(h, uint32(len(text))), text...) //nolint:gosec // a record is far below 4 GiB
}
