package entities_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func comment(lsn int64, user, post string) *schemas.Change {
	return upsert(lsn, "c", map[string]string{"user_id": user, "post_id": post, "created_at": `"2026-01-02T09:30:00.123456Z"`})
}

// said is one input of reactions.
type said struct {
	key  string
	kind schemas.ReactionKind
	at   int64
}

func TestComments_are_told_once(t *testing.T) {
	const created = 1_767_346_200_123
	commit := func(lsn int64) int64 { return now.UnixMilli() + 1000*lsn }
	b := newBench(t, "comments")
	for _, step := range []struct {
		name string
		in   *schemas.Change
		want []said
	}{
		{"a delete of what nobody knew", remove(1, "c"), nil},
		{"a create", comment(2, `"u:1"`, `"p"`), []said{{"u%3A1:p", schemas.ReactionComment, created}}},
		{"a repeat", comment(2, `"u:1"`, `"p"`), nil},
		{"a change of its text", comment(3, `"u:1"`, `"p"`), nil},
		{"a change of its post", comment(4, `"u:1"`, `"q"`), []said{{"u%3A1:p", schemas.ReactionUncomment, commit(4)}, {"u%3A1:q", schemas.ReactionComment, created}}},
		{"an older create", comment(2, `"u:1"`, `"p"`), nil},
		{"its delete", remove(5, "c"), []said{{"u%3A1:q", schemas.ReactionUncomment, commit(5)}}},
		{"its delete again", remove(5, "c"), nil},
		{"an older create after it", comment(2, `"u:1"`, `"p"`), nil},
		{"a create of nobody's", comment(6, "null", `"p"`), nil},
		{"a create without a time", upsert(7, "c", map[string]string{"user_id": "1", "post_id": "2"}), []said{{"1:2", schemas.ReactionComment, commit(7)}}},
		{"a truncate", truncate(8), nil},
		{"what lies below it", remove(7, "c"), nil},
	} {
		b.in(step.in)
		require.NoError(t, b.Failed())
		keys, got := b.Out(topology.ReactionInputs)
		require.Len(t, got, len(step.want), step.name)
		for i, w := range step.want {
			in := got[i].(*schemas.ReactionInput)
			require.Equal(t, w, said{keys[i], in.Kind, in.EventTime}, step.name)
			require.Equal(t, schemas.NaturalID(in.UserID, in.PostID), keys[i])
			require.Equal(t, []any{schemas.SourceDatabase, "c", now.UnixMilli() + 7, change.Position{LSN: step.in.LSN, Offset: step.in.Offset}},
				[]any{in.Source, in.CommentID, in.RootTime, in.Position})
		}
	}
}

// Other tables tell reactions nothing.
func TestPosts_are_no_reactions(t *testing.T) {
	b := newBench(t, "posts")
	require.Equal(t, schemas.Applied, b.in(comment(2, `"u"`, `"p"`)))
	keys, _ := b.Out(topology.ChangesDLQ)
	require.Empty(t, keys)
}
