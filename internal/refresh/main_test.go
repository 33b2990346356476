package refresh

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	ch "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/clickhouse"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
)

// world is a ClickHouse with all tables and a Redis.
type world struct {
	stack  *devstack.Stack
	client *clickhouse.Client
	redis  *miniredis.Miniredis
	keys   *cache.Keys
}

func start(t *testing.T) *world {
	t.Helper()
	w := &world{stack: devstacktest.Start(t, devstacktest.Only(devstack.ClickHouse)), redis: miniredis.RunT(t)}
	cfg := clickhouse.DefaultConfig()
	cfg.Addrs = []string{w.stack.ClickHouseAddr()}
	_, err := clickhouse.Migrate(t.Context(), cfg)
	require.NoError(t, err)
	w.client, err = OpenClient(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.client.Close()) })
	r := cache.DefaultConfig()
	r.URL = "redis://" + w.redis.Addr()
	w.keys, err = cache.NewKeys(r)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, w.keys.Close()) })
	return w
}

func (w *world) exec(t *testing.T, queries ...string) {
	t.Helper()
	db := ch.OpenDB(&ch.Options{Addr: []string{w.stack.ClickHouseAddr()}, Protocol: ch.HTTP, Auth: ch.Auth{Database: "nova"}})
	defer db.Close()
	for _, q := range queries {
		_, err := db.ExecContext(t.Context(), q)
		require.NoError(t, err, q)
	}
}

func (w *world) to(key string) Target { return Target{w.keys, key, 2 * time.Minute} }

// value reads what lies under a key.
func (w *world) value(t *testing.T, key string, v any) string {
	t.Helper()
	text, err := w.redis.Get(key)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal([]byte(text), v), text)
	require.Equal(t, 2*time.Minute, w.redis.TTL(key))
	return text
}

// within runs work as a job does.
func within(t *testing.T, work func(context.Context) error) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	return work(ctx)
}
