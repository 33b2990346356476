package devstack_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

func TestRedisKeysExpireByThemselves(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Only(devstack.Redis))
	client := redis.NewClient(&redis.Options{Addr: stack.RedisAddr()})
	defer func() { require.NoError(t, client.Close()) }()
	ctx := t.Context()
	require.NoError(t, client.Set(ctx, "short", "v", 100*time.Millisecond).Err())
	require.NoError(t, client.Set(ctx, "long", "v", time.Hour).Err())
	require.Equal(t, int64(2), client.Exists(ctx, "short", "long").Val())
	time.Sleep(120 * time.Millisecond)
	require.Equal(t, redis.Nil, client.Get(ctx, "short").Err())
	left := client.PTTL(ctx, "long").Val()
	require.Less(t, left, time.Hour-100*time.Millisecond)
	require.Greater(t, left, time.Hour-time.Minute)
}
