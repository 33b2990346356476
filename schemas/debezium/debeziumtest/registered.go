package debeziumtest

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/sr"

	"github.com/nova-social/nova-streams/schemas/debezium"
)

// Registered gives the registry at url the schemas of the recording in Avro, and returns records with the ids that they
// have there.
func Registered(tb testing.TB, url string, records []debezium.Record) []debezium.Record {
	tb.Helper()
	client, err := sr.NewClient(sr.URLs(url))
	require.NoError(tb, err)
	ids := map[uint32]uint32{}
	for id, text := range Schemas(tb) {
		made, err := client.CreateSchema(tb.Context(), fmt.Sprintf("recorded-%d", id), sr.Schema{Schema: text})
		require.NoError(tb, err)
		ids[uint32(id)] = uint32(made.ID)
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
