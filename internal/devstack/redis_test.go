package devstack_test

import (
	"errors"
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
	require.Eventually(t, func() bool { return errors.Is(client.Get(ctx, "short").Err(), redis.Nil) }, 10*time.Second, 5*time.Millisecond)
	left := client.PTTL(ctx, "long").Val()
	require.Less(t, left, time.Hour-100*time.Millisecond)
	require.Greater(t, left, time.Hour-time.Minute)
}

func TestRedisSaysWhichRunItIs(t *testing.T) {
	runs := map[string]bool{}
	for range 2 {
		stack := devstacktest.Start(t, devstacktest.Only(devstack.Redis))
		client := redis.NewClient(&redis.Options{Addr: stack.RedisAddr()})
		defer func() { require.NoError(t, client.Close()) }()
		first, err := client.Info(t.Context(), "server").Result()
		require.NoError(t, err)
		require.Regexp(t, "run_id:[A-Z0-9]{26}", first)
		again, err := client.Info(t.Context(), "server").Result()
		require.NoError(t, err)
		require.Equal(t, first, again)
		runs[first] = true
	}
	require.Len(t, runs, 2)
}
