package streams

import (
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/schemas"
)

// tombstone returns the headers of the record that deletes a row: it has no value to hold the row's position.
func tombstone(at schemas.Position) []kgo.RecordHeader {
	return []kgo.RecordHeader{{Key: schemas.TombstoneHeader, Value: at.Encode()}}
}

// seen returns how much input the row in r has seen, or the row had that it deletes.
func seen(codec schemas.RowCodec, r *kgo.Record) (schemas.Position, error) {
	if r.Value != nil {
		return codec.Last(r.Value)
	}
	for _, h := range r.Headers {
		if h.Key == schemas.TombstoneHeader {
			return schemas.TombstonePosition(h.Value)
		}
	}
	return schemas.Everything, nil
}
