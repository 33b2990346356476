package cache

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

func TestKeys_logs(t *testing.T) {
	server := miniredis.RunT(t)
	a, b := newKeys(t, "redis://"+server.Addr()), newKeys(t, "redis://"+server.Addr())
	logs := func() map[string][]string {
		all, err := b.Logs(t.Context(), "index")
		require.NoError(t, err)
		return all
	}
	require.Empty(t, logs())
	push := func(k *Keys, name, value string, ttl time.Duration) {
		require.NoError(t, k.Push(t.Context(), "index", name, []byte(value), 3, ttl))
	}
	for _, v := range []string{"1", "2", "3", "4"} {
		push(a, "long", v, time.Hour)
	}
	push(b, "long", "5", time.Hour)
	push(a, "short", "x", time.Minute)
	require.Equal(t, map[string][]string{"long": {"5", "4", "3"}, "short": {"x"}}, logs())
	server.FastForward(time.Minute)
	require.Equal(t, map[string][]string{"long": {"5", "4", "3"}}, logs())
	server.FastForward(indexLife + time.Hour)
	require.Empty(t, server.Keys(), "nothing stays for ever")
	server.SetError("LOADING on purpose")
	_, err := a.Logs(t.Context(), "index")
	require.ErrorContains(t, err, "reading index: ")
	require.ErrorContains(t, a.Push(t.Context(), "index", "long", nil, 3, time.Hour), "writing index:long: ")
}
