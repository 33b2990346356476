package schemas_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/schemas"
)

// In rows of version 1 all comments are events of clients, and none is known by its id.
func TestReactionRow_of_version_1_is_read_and_written_anew(t *testing.T) {
	c, _ := newCodecs(t)
	golden := readGolden(t, "reaction_row.v1")
	require.EqualValues(t, 1, golden[0])
	want := &schemas.ReactionRow{Like: reaction.Like{Liked: true, At: 1420070400123, Decided: true}, Comments: reaction.Comments{Nameless: 3}}
	want.SetLast(schemas.Position{Epoch: 2, Offset: 123_456_789})
	row := decode(t, c.ReactionRows, golden)
	require.Equal(t, any(want), row)
	last, err := c.ReactionRows.Last(golden)
	require.NoError(t, err)
	require.Equal(t, want.Last(), last)

	again := encode(t, c.ReactionRows, row)
	require.EqualValues(t, 2, again[0])
	require.Equal(t, any(want), decode(t, c.ReactionRows, again))
}

// However many comments there are, a row stays small.
func TestReactionRow_has_a_largest_size(t *testing.T) {
	c, _ := newCodecs(t)
	row := &schemas.ReactionRow{}
	for n := range int64(10 * reaction.Kept) {
		row.Comments.Client("", 1420070400123+n)
		row.Comments.Client(fmt.Sprintf("2adb6c00-56f5-5310-a54a-%012x", n), 1420070400123+n)
		row.Comments.Database(fmt.Sprintf("2adb6c00-56f5-5310-a54b-%012x", n), false, change.Position{Epoch: 1, LSN: 26_529_288, Offset: 70_000}, 1420070400123)
	}
	require.Less(t, len(encode(t, c.ReactionRows, row)), 17_000)
}
