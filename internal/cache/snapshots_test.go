package cache

import (
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

// TestSnapshots_of_a_reader are those that were put or asked for last, for as long as they live.
func TestSnapshots_of_a_reader(t *testing.T) {
	server := miniredis.RunT(t)
	cfg := DefaultConfig()
	cfg.URL = "redis://" + server.Addr()
	s, err := NewSnapshots(cfg, time.Minute)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	now := time.Now()
	later := func() {
		now = now.Add(time.Millisecond)
		server.SetTime(now)
	}
	has := func(user, id string) bool {
		later()
		text, err := s.Get(t.Context(), user, id)
		require.NoError(t, err)
		require.Equal(t, text != nil, string(text) == "order "+id, id)
		return text != nil
	}
	put := func(user, id string) {
		later()
		require.NoError(t, s.Put(t.Context(), user, id, []byte("order "+id)))
	}
	put("other", "0")
	for i := range maxSnapshots {
		put("me", strconv.Itoa(i))
	}
	require.True(t, has("me", "0"), "it is the last one now")
	put("me", "one more")
	put("me", "two more")
	for id, want := range map[string]bool{"0": true, "1": false, "2": false, "3": true, "one more": true, "two more": true, "never": false} {
		require.Equal(t, want, has("me", id), id)
	}
	require.True(t, has("other", "0"))
	server.FastForward(59 * time.Second)
	require.True(t, has("me", "0"))
	server.FastForward(59 * time.Second)
	require.True(t, has("me", "0"), "it lives on when asked for")
	require.False(t, has("me", "3"))
	server.FastForward(time.Minute)
	require.Empty(t, server.Keys())
}
