package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/devstack"
	"github.com/nova-social/nova-streams/internal/devstack/devstacktest"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// Both consumers run without the other roles, and are seen as groups are.
func TestConsumers_run_by_themselves(t *testing.T) {
	stack := devstacktest.Start(t, devstacktest.Without(devstack.ClickHouse))
	cfg := away(t)
	cfg.Kafka.Brokers, cfg.Registry.URL, cfg.Redis.URL, cfg.Kafka.Partitions = stack.Brokers(), stack.RegistryURL(), "redis://"+stack.RedisAddr(), 2
	a, err := Build(t.Context(), cfg, []Role{Applier, Seen}, slog.New(slog.DiscardHandler), Options{})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	require.Eventually(t, func() bool { return code(t, a.Addr(), "/health/ready") == http.StatusOK }, 20*time.Second, 20*time.Millisecond)

	pages, err := cache.NewPages(cfg.Redis, cfg.Pages, func(context.Context) (cache.Read, error) { return cache.Read{}, nil }, nil)
	require.NoError(t, err)
	defer pages.Close()
	page := func() (made bool) {
		_, err := pages.Page(t.Context(), "feed:v1:u:0:20", func(context.Context) (cache.Made, error) {
			made = true
			return cache.Made{Page: []byte("[]"), Parts: []cache.Part{{Scope: cache.PostScope, ID: "p"}}, Read: cache.Read{string(topology.PostsTable): {7, 7}}}, nil
		})
		require.NoError(t, err)
		return made
	}
	require.True(t, page())
	require.False(t, page())

	old, err := a.codecs.CacheInvalidations.Encode(&schemas.CacheInvalidation{Scope: schemas.InvalidPost, ID: "p", Reason: schemas.InvalidChanged, Table: string(topology.PostsTable), Offset: 7, EventTime: time.Now().UnixMilli()})
	require.NoError(t, err)
	view, err := a.codecs.Activity.Encode(&schemas.Activity{Event: schemas.Event{EventID: "e", EventTime: 1, UserID: "u", PostID: "p", Action: engagement.View}})
	require.NoError(t, err)
	client, err := kgo.NewClient(kgo.SeedBrokers(stack.Brokers()...))
	require.NoError(t, err)
	defer client.Close()
	require.NoError(t, client.ProduceSync(t.Context(),
		&kgo.Record{Topic: string(topology.CacheInvalidations), Key: []byte("post:p"), Value: old},
		&kgo.Record{Topic: string(topology.Activity), Key: []byte("u"), Value: view},
		&kgo.Record{Topic: string(topology.Activity), Key: []byte("u"), Value: []byte("poison")},
	).FirstErr())

	watcher, err := NewWatcher(cfg.Kafka)
	require.NoError(t, err)
	defer watcher.Close()
	want := map[string]schemas.Accounting{topology.Applier: {In: 1, Applied: 1}, topology.Seen: {In: 2, Applied: 1, Dead: 1}}
	require.Eventually(t, func() bool {
		st, err := watcher.Status(t.Context())
		return err == nil && st.Accounting[topology.Applier] == want[topology.Applier] && st.Accounting[topology.Seen] == want[topology.Seen]
	}, 20*time.Second, 50*time.Millisecond)
	require.True(t, page(), "it was removed")
	require.False(t, page(), "who has read the change keeps the new one")
	seen := redis.NewClient(&redis.Options{Addr: stack.RedisAddr()})
	defer seen.Close()
	require.Equal(t, []string{"p"}, seen.SMembers(t.Context(), cache.SeenKey("u")).Val())

	st, err := status{a.inspector, &a.here}.Status(t.Context())
	require.NoError(t, err)
	for _, g := range st.Groups {
		if _, ours := want[g.Group]; ours {
			require.Equal(t, "running", string(g.State), g.Group)
			require.Zero(t, g.Lag)
			require.Len(t, g.Partitions, 2)
		}
	}
	res, err := http.Get("http://" + a.Addr() + "/metrics")
	require.NoError(t, err)
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	require.NoError(t, res.Body.Close())
	for _, line := range []string{
		`nova_stream_lag_records{group="applier",partition="0"} 0`, `nova_stream_lag_records{group="seen",partition="1"} 0`,
		`nova_consumer_records_total{group="seen",outcome="applied"} 1`, `nova_consumer_records_total{group="seen",outcome="dead"} 1`,
		`cache_invalidations_applied_total{reason="changed",scope="post"} 1`, `cache_invalidation_lag_seconds_count{reason="changed"} 1`,
		`nova_redis_evicted_keys_total 0`,
	} {
		require.Contains(t, string(text), line+"\n")
	}
	cancel()
	require.NoError(t, <-done)
	require.NoError(t, a.Close(context.Background()))
}
