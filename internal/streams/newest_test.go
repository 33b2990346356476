package streams

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
)

// Newest is where a view has read all there is.
func TestInspector_knows_the_newest_records(t *testing.T) {
	t.Parallel()
	b := newBench(t, 3)
	i, err := NewInspector(b.cfg.Brokers, "")
	require.NoError(t, err)
	defer i.Close()
	newest := func() []int64 {
		t.Helper()
		at, err := i.Newest(t.Context(), "sum-table")
		require.NoError(t, err)
		return at["sum-table"]
	}
	require.Equal(t, []int64{-1, -1, -1}, newest())
	ends := []int64{-1, -1, -1}
	log := logOf(200)
	for n := range log {
		require.NoError(t, b.put(&log[n]))
		ends[log[n].part] = log[n].offset
	}
	require.Equal(t, ends, newest())
	v, err := NewView(b.cfg, "sum-table", tallyCodec{}, nil)
	require.NoError(t, err)
	b.start(v.Run)
	b.eventually("read to the end", v.Recovered)
	require.Equal(t, newest(), v.Read())

	_, err = b.admin.DeleteRecords(t.Context(), kadm.Offsets{"sum-table": {1: {Topic: "sum-table", Partition: 1, At: ends[1] + 1}}})
	require.NoError(t, err)
	ends[1] = -1
	require.Equal(t, ends, newest(), "a view that begins now has nothing to read")
	_, err = i.Newest(t.Context(), "sum-table", "none")
	require.Error(t, err)
}
