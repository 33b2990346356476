package reactions_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/processors/reactions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func input(kind schemas.ReactionKind, at int64) *schemas.ReactionInput {
	return &schemas.ReactionInput{UserID: "u", PostID: "p", Kind: kind, Source: schemas.SourceClient, EventTime: at, RootTime: at + 5}
}

func TestUser_likes_a_post_once_and_comments_as_often_as_they_comment(t *testing.T) {
	b := processorstest.New(t, topology.ReactionsGroup(processorstest.Codecs(t)), reactions.On)
	root := time.UnixMilli(1_800_000_000_000)
	require.Equal(t, schemas.Applied, b.In("u:p", root, input(schemas.ReactionLike, 100)))
	require.Equal(t, schemas.Duplicate, b.In("u:p", root, input(schemas.ReactionLike, 200)))
	require.Equal(t, schemas.Applied, b.In("u:p", root, input(schemas.ReactionComment, 300)))
	require.Equal(t, schemas.Applied, b.In("u:p", root, input(schemas.ReactionComment, 400)))

	keys, got := b.Out(topology.Engagements)
	require.Equal(t, []string{"p", "p", "p"}, keys)
	require.Equal(t, []any{
		&schemas.Engagement{PostID: "p", Action: engagement.Like, Delta: 1, EventTime: 100, RootTime: 105},
		&schemas.Engagement{PostID: "p", Action: engagement.Comment, Delta: 1, EventTime: 300, RootTime: 305},
		&schemas.Engagement{PostID: "p", Action: engagement.Comment, Delta: 1, EventTime: 400, RootTime: 405},
	}, got)
	row := b.Row("u:p").(*schemas.ReactionRow)
	require.Equal(t, []any{true, int64(100), schemas.SourceClient, int64(2)}, []any{row.Liked, row.LikedAt, row.DecidedBy, row.Comments})
}

func TestWhat_is_not_taken_is_refused(t *testing.T) {
	b := processorstest.New(t, topology.ReactionsGroup(processorstest.Codecs(t)), reactions.On)
	fromDatabase := input(schemas.ReactionLike, 100)
	fromDatabase.Source = schemas.SourceDatabase
	for _, in := range []*schemas.ReactionInput{fromDatabase, input(schemas.ReactionUnlike, 100)} {
		require.Equal(t, schemas.Dead, b.In("u:p", time.UnixMilli(0), in))
		_, got := b.Out(topology.ReactionsDLQ)
		require.Len(t, got, 1)
		require.Equal(t, schemas.ReasonInvalidField, got[0].(*schemas.DeadLetter).Reason)
	}
	require.Nil(t, b.Row("u:p"))
}
