package streams

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// One large record, or batch, does not make what is kept for the next ones large for good.
func TestPools_keep_nothing_large(t *testing.T) {
	var fetched fetchPool
	var spent outgoing
	for range 100 { // a pool may forget by itself
		fetched.PutDecompressBytes(make([]byte, 0, maxPooledBatch+1))
		require.LessOrEqual(t, cap(fetched.GetDecompressBytes(nil, 0)), maxPooledBatch)
		fetched.PutRecords(make([]kgo.Record, 0, maxPooledRecords+1))
		require.LessOrEqual(t, cap(fetched.GetRecords(1)), maxPooledRecords)
		spent.put(&kgo.Record{Value: make([]byte, maxPooledValue+1)})
		require.LessOrEqual(t, cap(spent.get().Value), maxPooledValue)
	}
}
