package schemas

import "github.com/lovoo/goka"

// changelogCodec is the codec of a table's changelog for a group that reads it as its input.
type changelogCodec struct{ goka.Codec }

// Changelog returns the codec of the changelog of a table with such rows: a Row, or nil for a tombstone. A row that cannot
// be read is an error, as it is to the group that keeps the table.
func Changelog(rows RowCodec) goka.Codec { return changelogCodec{rows} }

// Decode returns a Row, or nil for a tombstone.
func (c changelogCodec) Decode(data []byte) (any, error) {
	if data == nil {
		return nil, nil //nolint:nilnil // a tombstone
	}
	return c.Codec.Decode(data)
}
