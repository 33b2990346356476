package schemas_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/nova-social/nova-streams/schemas"
)

func TestTombstone_says_what_its_row_had_seen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := positions.Draw(t, "position")
		got, err := schemas.TombstonePosition(want.Encode())
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.True(t, schemas.Everything.Covers(want))
	})
	require.Equal(t, []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 3}, schemas.Position{Epoch: 1, Offset: 0x203}.Encode(), "as it lies in changelogs")
	got, err := schemas.TombstonePosition(nil)
	require.NoError(t, err)
	require.Equal(t, schemas.Everything, got, "of a time before positions")
	for _, size := range []int{1, 11, 13} {
		_, err := schemas.TombstonePosition(make([]byte, size))
		require.ErrorContains(t, err, "not 12", size)
	}
}
