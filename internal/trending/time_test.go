package trending

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestAppendTime compares with package time: any moment, and each day of four centuries.
func TestAppendTime(t *testing.T) {
	same := func(t require.TestingT, ms int64) {
		require.Equal(t, "before "+time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z"), string(AppendTime([]byte("before "), ms)))
	}
	rapid.Check(t, func(t *rapid.T) { same(t, rapid.Int64Range(-dayMS, lastMS+dayMS).Draw(t, "ms")) })
	for day := range int64(400*365 + 97) {
		same(t, day*dayMS+day%dayMS)
	}
	for _, ms := range []int64{0, lastMS, lastMS + 1, -1} {
		same(t, ms)
	}
}
