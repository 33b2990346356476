package murmur2

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestKeys_lie_in_one_partition_each(t *testing.T) {
	for _, n := range []int32{1, 2, 3, 8, 64, 257, 1000} {
		keys := Keys(n, strconv.Itoa)
		require.Len(t, keys, int(n))
		for p, key := range keys {
			require.EqualValues(t, p, Partition([]byte(key), n))
		}
	}
}
