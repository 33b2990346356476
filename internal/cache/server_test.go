package cache

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
)

// answering makes a Redis say of itself what info has for a section.
func answering(redis *miniredis.Miniredis, info map[string]string) {
	redis.Server().SetPreHook(func(c *server.Peer, command string, args ...string) bool {
		if command != "INFO" || len(args) != 1 {
			return false
		}
		c.WriteBulk(strings.ReplaceAll(info[args[0]], "\n", "\r\n"))
		return true
	})
}

func TestWatcher_warns_once_of_each(t *testing.T) {
	redis := miniredis.RunT(t)
	require.NoError(t, redis.Set("a", "1"))
	require.NoError(t, redis.Set("b", "2"))
	cfg := DefaultConfig()
	cfg.URL = "redis://" + redis.Addr()
	var log bytes.Buffer
	registry := prometheus.NewPedanticRegistry()
	w, err := NewWatcher(cfg, NewServerMetrics(registry), slog.New(slog.NewTextHandler(&log, nil)))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.Close()) })
	twice := func() string {
		log.Reset()
		w.look(t.Context())
		w.look(t.Context())
		return log.String()
	}

	require.Equal(t, 1, strings.Count(twice(), "does not say"), "it knows no such section")
	answering(redis, map[string]string{"memory": "# Memory\nused_memory:1048576\nmaxmemory:0\nmaxmemory_policy:allkeys-lru\n", "stats": "evicted_keys:0\n"})
	require.Empty(t, twice(), "without a limit nothing is evicted")
	answering(redis, map[string]string{"memory": "used_memory:900\nmaxmemory:1000\nmaxmemory_policy:volatile-ttl\n", "stats": "# Stats\nevicted_keys:0\n"})
	require.Empty(t, twice(), "pages go first")
	require.Zero(t, testutil.ToFloat64(w.metrics.unsafe))
	answering(redis, map[string]string{"memory": "used_memory:900\nmaxmemory:1000\nmaxmemory_policy:allkeys-lru\n", "stats": "# Stats\nevicted_keys:7\n"})
	said := twice()
	require.Equal(t, 1, strings.Count(said, "maxmemory_policy=allkeys-lru maxmemory=1000"), said)
	require.Equal(t, 1, strings.Count(said, "keys=7 used_memory=900 maxmemory=1000"), said)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
		# HELP nova_redis_evicted_keys_total Keys that Redis has evicted for lack of memory since it started.
		# TYPE nova_redis_evicted_keys_total counter
		nova_redis_evicted_keys_total 7
		# HELP nova_redis_eviction_unsafe 1 if Redis may evict what keeps old pages away before pages: it has a limit, and maxmemory-policy is neither volatile-ttl nor noeviction.
		# TYPE nova_redis_eviction_unsafe gauge
		nova_redis_eviction_unsafe 1
		# HELP nova_redis_keys Keys in the database of Redis that is used.
		# TYPE nova_redis_keys gauge
		nova_redis_keys 2
		# HELP nova_redis_memory_bytes Memory that Redis uses.
		# TYPE nova_redis_memory_bytes gauge
		nova_redis_memory_bytes 900
		# HELP nova_redis_memory_limit_bytes Memory that Redis may use, maxmemory; 0 for all there is.
		# TYPE nova_redis_memory_limit_bytes gauge
		nova_redis_memory_limit_bytes 1000
	`)))
}

func TestPolicies(t *testing.T) {
	for policy, safe := range map[string]bool{
		"noeviction": true, "volatile-ttl": true, "volatile-lru": false, "volatile-lfu": false, "volatile-random": false,
		"allkeys-lru": false, "allkeys-lfu": false, "allkeys-random": false, "": false,
	} {
		require.Equal(t, safe, serverState{limit: 1, policy: policy}.safe(), policy)
	}
}
