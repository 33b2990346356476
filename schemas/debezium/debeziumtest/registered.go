package debeziumtest

import (
	"context"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// Registrar takes a schema under a subject and returns its id.
type Registrar interface {
	Register(ctx context.Context, subject, schema string) (int, error)
}

// Registered gives a registry the schemas of the recording in Avro, and returns records with the ids that they have there.
func Registered(tb testing.TB, registry Registrar, records []debezium.Record) []debezium.Record {
	tb.Helper()
	ids := map[uint32]uint32{}
	for id, text := range Schemas(tb) {
		made, err := registry.Register(tb.Context(), fmt.Sprintf("recorded-%d", id), text)
		require.NoError(tb, err)
		ids[uint32(id)] = uint32(made)
	}
	records = slices.Clone(records)
	for i := range records {
		r := &records[i]
		for _, framed := range []*[]byte{&r.Key, &r.Value} {
			if *framed == nil {
				continue
			}
			id, known := ids[binary.BigEndian.Uint32((*framed)[1:])]
			require.True(tb, known)
			*framed = slices.Concat(binary.BigEndian.AppendUint32([]byte{0}, id), (*framed)[5:])
		}
	}
	return records
}
