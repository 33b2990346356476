package sample

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/schemas/debezium"
)

// What a decoder of real records makes of the rows is the sample's posts, users and follows, each once.
func TestDatabase_is_what_a_snapshot_would_find(t *testing.T) {
	decoder, err := debezium.New(debezium.DefaultOptions(), nil)
	require.NoError(t, err)
	s, err := Open()
	require.NoError(t, err)
	authors, posts, follows := map[string]string{}, map[string]string{}, map[string]bool{}
	for _, e := range source(t) {
		authors[e["author_id"]] = "user-" + e["author_id"][:8]
		posts[e["post_id"]] = e["author_id"] + " " + s.titles[e["post_id"]]
		if user, author := e["user_id"], e["author_id"]; e["action"] != "view" && user != author {
			authors[user] = "user-" + user[:8]
			follows[user+">"+author], follows[author+">"+user] = true, true
		}
	}
	gotAuthors, gotPosts, gotFollows := map[string]string{}, map[string]string{}, map[string]bool{}
	require.NoError(t, s.Database(func(r Row) error {
		result, err := decoder.Decode(t.Context(), debezium.Record{Topic: "cdc." + r.Table, Key: r.Key, Value: r.Value})
		require.NoError(t, err)
		e := result.Event
		require.Equal(t, []any{debezium.Read, r.Table, "public", "cdc", "true", uint64(snapshotLSN)},
			[]any{e.Operation, e.Table, e.Schema, e.Source.Connector, e.Source.Snapshot, e.Source.Position})
		text := func(name string) string {
			require.Contains(t, e.After, name)
			text, _ := schemas.ColumnText(e.After[name])
			return text
		}
		at, ok := schemas.ColumnTime(e.After["created_at"])
		require.True(t, ok && at <= e.Source.TsMS)
		if r.Table == "follows" {
			follow := text("follower_id") + ">" + text("followee_id")
			require.NotContains(t, gotFollows, follow)
			require.Equal(t, "active", text("status"))
			gotFollows[follow] = true
			return nil
		}
		id := text("id")
		require.JSONEq(t, `{"id":"`+id+`"}`, string(r.Key))
		require.NotContains(t, gotAuthors, id+r.Table)
		switch r.Table {
		case "users":
			gotAuthors[id] = text("username")
			require.Empty(t, text("deleted_at"))
		case "posts":
			gotPosts[id] = text("user_id") + " " + text("caption")
			require.Equal(t, "published", text("status"))
		}
		return nil
	}))
	require.Equal(t, authors, gotAuthors)
	require.Equal(t, posts, gotPosts)
	require.Equal(t, follows, gotFollows)
	stop := errors.New("stop")
	require.ErrorIs(t, s.Database(func(Row) error { return stop }), stop)
}
