package cache

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

func newKeys(t *testing.T, url string) *Keys {
	t.Helper()
	cfg := DefaultConfig()
	cfg.URL = url
	k, err := NewKeys(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, k.Close()) })
	return k
}

func TestKeys_Set(t *testing.T) {
	server := miniredis.RunT(t)
	k := newKeys(t, "redis://"+server.Addr())
	require.NoError(t, k.Set(t.Context(), "a", []byte("one"), time.Minute))
	require.NoError(t, k.Set(t.Context(), "a", []byte("two"), 2*time.Minute))
	value, err := server.Get("a")
	require.NoError(t, err)
	require.Equal(t, "two", value)
	require.Equal(t, 2*time.Minute, server.TTL("a"))
	server.SetError("LOADING on purpose")
	require.ErrorContains(t, k.Set(t.Context(), "a", []byte("three"), time.Minute), "writing a: ")
}

// A lease is of the first who asks, until its life is over, it is given back, or what it is for is done. To ask for one's own
// again prolongs it.
func TestKeys_lease(t *testing.T) {
	server := miniredis.RunT(t)
	a, b := newKeys(t, "redis://"+server.Addr()), newKeys(t, "redis://"+server.Addr())
	const mine, held, done = "mine", "held", "done"
	take := func(k *Keys) string {
		isMine, isDone, err := k.Take(t.Context(), "lease", time.Minute)
		require.NoError(t, err)
		switch {
		case isMine:
			require.False(t, isDone)
			return mine
		case isDone:
			return done
		}
		return held
	}
	require.Equal(t, mine, take(a))
	require.Equal(t, held, take(b))
	server.FastForward(40 * time.Second)
	require.Equal(t, mine, take(a))
	server.FastForward(40 * time.Second)
	require.Equal(t, held, take(b))
	server.FastForward(20 * time.Second)
	require.Equal(t, mine, take(b), "its life is over")

	require.NoError(t, a.GiveBack(t.Context(), "lease", 0))
	require.Equal(t, held, take(a), "it was not its own to give back")
	require.NoError(t, b.GiveBack(t.Context(), "lease", 30*time.Second))
	server.FastForward(29 * time.Second)
	require.Equal(t, held, take(a))
	server.FastForward(time.Second)
	require.Equal(t, mine, take(a))
	require.NoError(t, a.GiveBack(t.Context(), "lease", 0))
	require.Equal(t, mine, take(b))

	require.NoError(t, b.Done(t.Context(), "lease", 2*time.Minute))
	require.NoError(t, b.GiveBack(t.Context(), "lease", 0))
	require.Equal(t, done, take(a))
	require.Equal(t, mine, take(b), "who has done it may do it again")
	require.Equal(t, held, take(a))
	require.NoError(t, b.Done(t.Context(), "lease", 2*time.Minute))
	server.FastForward(2 * time.Minute)
	require.Equal(t, mine, take(a))

	server.SetError("LOADING on purpose")
	_, _, err := a.Take(t.Context(), "lease", time.Minute)
	require.ErrorContains(t, err, "taking lease: ")
	require.ErrorContains(t, a.GiveBack(t.Context(), "lease", 0), "giving back lease: ")
	require.ErrorContains(t, a.Done(t.Context(), "lease", time.Minute), "writing lease: ")
}
