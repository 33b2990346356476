package tablestore

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A walk meets every row that stays exactly once, though others come, go and are written again on the way, and takes no
// more at a time than it was asked to.
func TestWalk_meets_every_row_once(t *testing.T) {
	t.Parallel()
	disk, err := OpenDisk(t.TempDir(), "t", DiskOptions{})
	require.NoError(t, err)
	defer disk.Close()
	for name, s := range map[string]Store{"memory": NewMemory(), "disk": disk} {
		const stay, n = 20_000, 100
		write := func(prefix string, from, to int, value []byte) {
			rows := make([]Row, 0, to-from)
			for i := from; i < to; i++ {
				rows = append(rows, Row{Key: fmt.Sprint(prefix, i), Value: value})
			}
			require.NoError(t, s.Apply(rows, s.Next()+1))
		}
		write("stays", 0, stay, []byte("x"))
		met := map[string]int{}
		turns, most := 0, 0
		for at, first := (Place{}), true; first || at != (Place{}); first = false {
			visits := 0
			at, err = s.Walk(at, n, func(key string, _ []byte) { met[key]++; visits++ })
			require.NoError(t, err)
			most = max(most, visits)
			write("stays", 50*turns%stay, 50*turns%stay+50, []byte("y"))
			write("comes", 200*turns, 200*turns+200, []byte("x"))     // the index grows
			write("comes", 200*turns-400, 200*turns-300, []byte(nil)) // and has gaps closed
			turns++
		}
		for i := range stay {
			require.Equal(t, 1, met[fmt.Sprint("stays", i)], "%s, row %d", name, i)
		}
		require.Less(t, most, 2*n, name)
		t.Logf("%s: %d turns of at most %d rows", name, turns, most)
	}
}
