package feed

import (
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/test/realredis"
)

// redisServer is a real one, and a client of it.
type redisServer struct {
	url    string
	client *redis.Client
}

func startRedis(t *testing.T) *redisServer {
	t.Helper()
	require.True(t, realredis.Found(), "make bench-feed installs redis-server")
	addr := realredis.Start(t).Addr()
	r := &redisServer{"redis://" + addr, redis.NewClient(&redis.Options{Addr: addr})}
	t.Cleanup(func() { require.NoError(t, r.client.Close()) })
	return r
}

// empty removes everything but what says that nothing was lost.
func (r *redisServer) empty(t *testing.T) {
	t.Helper()
	for keys := r.client.Scan(t.Context(), 0, "*", 1_000).Iterator(); keys.Next(t.Context()); {
		if !strings.HasPrefix(keys.Val(), "feed:generation:") {
			require.NoError(t, r.client.Unlink(t.Context(), keys.Val()).Err())
		}
	}
}

// pages returns how many pages there are.
func (r *redisServer) pages(t *testing.T) int {
	t.Helper()
	n, _ := r.kept(t, "feed:v1:*")
	return n
}

// kept returns how many values there are, and how many bytes they have on average.
func (r *redisServer) kept(t *testing.T, pattern string) (n, size int) {
	t.Helper()
	for keys := r.client.Scan(t.Context(), 0, pattern, 1_000).Iterator(); keys.Next(t.Context()); {
		n++
		size += int(r.client.StrLen(t.Context(), keys.Val()).Val())
	}
	return n, size / max(n, 1)
}
