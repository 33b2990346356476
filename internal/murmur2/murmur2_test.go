package murmur2

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// The vectors of Apache Kafka's own test (UtilsTest.testMurmur2), unmasked as Java has them.
var javaVectors = map[string]int32{
	"21":                         -973932308,
	"foobar":                     -790332482,
	"a-little-bit-long-string":   -985981536,
	"a-little-bit-longer-string": -1486304829,
	"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
	"abc": 479470107,
}

func TestJavaVectors(t *testing.T) {
	for key, want := range javaVectors {
		require.Equal(t, want, int32(sum([]byte(key))), key)
		require.Equal(t, uint32(want)&0x7fffffff, Sum32([]byte(key)), key)
	}
}

func TestHashIsMaskedHoweverItIsWritten(t *testing.T) {
	h := New()
	for key, want := range javaVectors {
		h.Reset()
		for i := range len(key) {
			n, err := h.Write([]byte{key[i]})
			require.NoError(t, err)
			require.Equal(t, 1, n)
		}
		require.Equal(t, uint32(want)&0x7fffffff, h.Sum32(), key)
		require.Equal(t, []byte{7, byte(h.Sum32() >> 24), byte(h.Sum32() >> 16), byte(h.Sum32() >> 8), byte(h.Sum32())}, h.Sum([]byte{7}))
	}
}

// franz-go's default partitioner is an implementation of its own of the same rule.
func TestPartitionAgreesWithFranz(t *testing.T) {
	peer := kgo.StickyKeyPartitioner(nil).ForTopic("t")
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SliceOfN(rapid.Byte(), 1, 80).Draw(t, "key")
		n := rapid.Int32Range(1, 1000).Draw(t, "partitions")
		require.Equal(t, peer.Partition(&kgo.Record{Key: key}, int(n)), int(Partition(key, n)))
	})
}

func TestHashDoesNotAllocateOnceWarm(t *testing.T) {
	h, key := New(), []byte("7c6a4ad8-user:7c6a4ad8-post")
	allocs := testing.AllocsPerRun(100, func() {
		h.Reset()
		_, _ = h.Write(key)
		_ = h.Sum32()
	})
	require.Zero(t, allocs)
}
