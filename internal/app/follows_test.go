package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/graph"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/schemas"
)

func entityRow(deleted bool, columns map[string]string) *schemas.EntityRow {
	return &schemas.EntityRow{Row: change.Row{Deleted: deleted, Columns: change.ColumnsOf(columns)}}
}

// TestFollows_of_rows tells of rows as the views do: who is suggested to "a" after each.
func TestFollows_of_rows(t *testing.T) {
	f := newTestFollows(t)
	active, off := map[string]string{"status": `"active"`}, map[string]string{"status": `"blocked"`}
	follow := func(follower, followee string, row *schemas.EntityRow) {
		f.edge(schemas.NaturalID(follower, followee), row)
	}
	follow("a", "x:b", entityRow(false, active))
	for _, step := range []struct {
		what string
		does func()
		want []string
	}{
		{"a followee follows", func() { follow("x:b", "c", entityRow(false, active)) }, []string{"c"}},
		{"no more in force", func() { follow("x:b", "c", entityRow(false, off)) }, nil},
		{"no status is in force", func() { follow("x:b", "c", entityRow(false, nil)) }, []string{"c"}},
		{"deleted", func() { follow("x:b", "c", entityRow(true, nil)) }, nil},
		{"back", func() { follow("x:b", "c", entityRow(false, active)) }, []string{"c"}},
		{"the row has ended", func() { follow("x:b", "c", nil) }, nil},
		{"two", func() {
			follow("x:b", "c", entityRow(false, active))
			follow("x:b", "d", entityRow(false, active))
		}, []string{"c", "d"}},
		{"the user is deleted", func() { f.user("c", entityRow(true, nil)) }, []string{"d"}},
		{"nothing is known of the user any more", func() { f.user("c", nil) }, []string{"c", "d"}},
		{"another says that it is deleted", func() { f.user("d", entityRow(false, map[string]string{"deleted_at": `"2026-11-29T00:00:00Z"`})) }, []string{"c"}},
		{"the users are back", func() {
			f.user("c", entityRow(false, nil))
			f.user("d", entityRow(false, nil))
		}, []string{"c", "d"}},
	} {
		step.does()
		var got []string
		for _, s := range f.graph.Suggest("a", 20) {
			require.Equal(t, []string{"x:b"}, s.Via)
			got = append(got, s.UserID)
		}
		require.Equal(t, step.want, got, step.what)
	}
}

// newTestFollows returns follows of an empty graph; its Redis is away.
func newTestFollows(t *testing.T) *follows {
	t.Helper()
	f := &follows{graph: graph.New(), now: time.Now}
	cfg := away(t)
	f.source = suggestions.New(cfg.Suggestions, f.graph, timeline.New(), func() bool { return true })
	var err error
	f.redis, err = cache.NewSuggestions(cfg.Redis, f.source, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.redis.Close()) })
	return f
}

// TestFollows_default_answers_go_to_Redis, and no others: the key says what the API says to who names no limit.
func TestFollows_default_answers_go_to_Redis(t *testing.T) {
	server := miniredis.RunT(t)
	f := newTestFollows(t)
	cfg := cache.DefaultConfig()
	cfg.URL = "redis://" + server.Addr()
	require.NoError(t, f.redis.Close())
	var err error
	f.redis, err = cache.NewSuggestions(cfg, f.source, nil, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.redis.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	for _, user := range []string{"a", "b"} {
		f.edge(schemas.NaturalID(user, "c"), entityRow(false, nil))
	}
	time.Sleep(50 * time.Millisecond) // what the edges touched is removed
	for user, limit := range map[string]int{"a": 20, "b": 0} {
		_, err := f.Suggestions(user, limit)
		require.NoError(t, err)
	}
	require.Eventually(t, func() bool { return server.Exists("nova:cache:suggested_users:b") }, time.Second, time.Millisecond)
	require.Equal(t, []string{"nova:cache:suggested_users:b"}, server.Keys())
}
