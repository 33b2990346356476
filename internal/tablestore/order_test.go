package tablestore

import (
	"fmt"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// entries returns how many entries the order of a store has.
func entries(t *testing.T, d *Disk) (n int) {
	t.Helper()
	it, err := d.db.NewIter(&pebble.IterOptions{LowerBound: []byte{prefixOrder}, UpperBound: []byte{prefixOrder + 1}})
	require.NoError(t, err)
	for ok := it.First(); ok; ok = it.Next() {
		n++
	}
	require.NoError(t, it.Close())
	return n
}

// Rows that are written again and again do not make the order grow, though none is ever deleted and nobody asks for the
// oldest.
func TestDisk_order_has_one_entry_for_each_row(t *testing.T) {
	d := open(t, t.TempDir(), DiskOptions{Expires: true, MemTable: 1 << 20})
	const rows, rounds = 100, 2000
	value := make([]byte, 50)
	batch := make([]Row, rows)
	for round := range int64(rounds) {
		for i := range batch {
			batch[i] = Row{Key: fmt.Sprintf("a row of some length %d", i), Value: value}
		}
		require.NoError(t, d.Apply(batch, round+1))
	}
	assert.Equal(t, rows, entries(t, d))
	assert.EqualValues(t, rows, d.Size().Rows)
	require.NoError(t, d.db.Flush())
	require.NoError(t, d.db.Compact(t.Context(), []byte{prefixMeta}, []byte{prefixRow + 1}, false))
	t.Logf("%d rows written %d times each take %d bytes on disk", rows, rounds, d.Size().Disk)
	assert.Less(t, d.Size().Disk, int64(200_000))
	require.NoError(t, d.Apply([]Row{{Key: batch[0].Key}, {Key: batch[1].Key, Value: value}, {Key: batch[1].Key}, {Key: "none"}}, rounds+1))
	require.Equal(t, rows-2, entries(t, d))
	require.EqualValues(t, rows-2, d.Size().Rows)
	require.NoError(t, d.Close())
}

// Rows that expire give their room on disk back, without being asked to: Pebble finds by itself what is worth compacting.
func TestDisk_frees_what_has_expired(t *testing.T) {
	d, err := OpenDisk(t.TempDir(), "topic/0", DiskOptions{Expires: true, MemTable: 1 << 20})
	require.NoError(t, err)
	const rows = 30_000
	fill(t, d, rows)
	require.NoError(t, d.db.Flush())
	before := d.Size()
	require.EqualValues(t, rows, before.Rows)
	for next := int64(rows); d.Size().Rows > 0; next++ { // as a sweep does it
		var gone []Row
		require.NoError(t, d.Oldest(func(key string, _ []byte) bool {
			gone = append(gone, Row{Key: key})
			return len(gone) < 2000
		}))
		require.NotEmpty(t, gone)
		require.NoError(t, d.Apply(gone, next))
	}
	require.NoError(t, d.db.Flush())
	require.Eventually(t, func() bool { return d.Size().Disk < before.Disk/4 }, 20*time.Second, 50*time.Millisecond, "%d bytes are left", d.Size().Disk)
	t.Logf("%d rows took %d bytes; when all have expired, %d", rows, before.Disk, d.Size().Disk)
	require.Zero(t, entries(t, d))
	require.NoError(t, d.Close())
}
