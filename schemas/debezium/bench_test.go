package debezium_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas/debezium"
	"github.com/nova-social/nova-streams/schemas/debezium/debeziumtest"
)

// One like in each format.
func BenchmarkDecode(b *testing.B) {
	for _, mode := range debeziumtest.Modes {
		b.Run(mode, func(b *testing.B) {
			d := debeziumtest.Decoder(b)
			var like debezium.Record
			for _, r := range debeziumtest.Records(b, mode) {
				if result, err := d.Decode(b.Context(), r); r.Topic == "cdc.likes" && err == nil && result.Event != nil && result.Event.Operation == debezium.Create {
					like = r
				}
			}
			b.SetBytes(int64(len(like.Key) + len(like.Value)))
			b.ReportAllocs()
			for b.Loop() {
				_, err := d.Decode(b.Context(), like)
				require.NoError(b, err)
			}
		})
	}
}
