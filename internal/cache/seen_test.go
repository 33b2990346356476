package cache

import (
	"strconv"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

func TestSeen(t *testing.T) {
	server := miniredis.RunT(t)
	cfg := DefaultConfig()
	cfg.URL = "redis://" + server.Addr()
	s, err := NewSeen(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	of := func(user string) map[string]bool {
		seen, err := s.Of(t.Context(), user)
		require.NoError(t, err)
		return seen
	}
	require.Empty(t, of("u1"))
	require.NoError(t, s.Add(t.Context(), nil))
	for range 2 { // told again
		require.NoError(t, s.Add(t.Context(), []View{{"u1", "a"}, {"u2", "b"}, {"u1", "b"}, {"u1", "a"}}))
	}
	require.Equal(t, map[string]bool{"a": true, "b": true}, of("u1"))
	require.Equal(t, map[string]bool{"b": true}, of("u2"))

	server.FastForward(6 * 24 * time.Hour)
	require.NoError(t, s.Add(t.Context(), []View{{"u1", "c"}}))
	server.FastForward(2 * 24 * time.Hour)
	require.Equal(t, map[string]bool{"a": true, "b": true, "c": true}, of("u1"), "it saw something within 7 days")
	require.Empty(t, of("u2"))

	s.most = 10
	for i := range 25 {
		require.NoError(t, s.Add(t.Context(), []View{{"u3", strconv.Itoa(i)}}))
		require.Len(t, of("u3"), min(i+1, 10))
	}
	server.SetError("LOADING")
	require.Error(t, s.Add(t.Context(), []View{{"u1", "d"}}))
	_, err = s.Of(t.Context(), "u1")
	require.Error(t, err)
}
