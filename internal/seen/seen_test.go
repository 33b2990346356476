package seen_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/seen"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// TestWhatUsersHaveSeen: views and impressions, nothing else, each once, and none is lost while Redis is away.
func TestWhatUsersHaveSeen(t *testing.T) {
	redis := miniredis.RunT(t)
	var denied atomic.Int64
	redis.Server().SetPreHook(func(c *server.Peer, _ string, _ ...string) bool {
		if denied.Add(1) > 10 {
			return false
		}
		c.WriteError("LOADING")
		return true
	})
	cfg := cache.DefaultConfig()
	cfg.URL = "redis://" + redis.Addr()
	posts, err := cache.NewSeen(cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, posts.Close()) })
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(100*time.Millisecond), kfake.SeedTopics(3, "activity", "activity-dlq"))
	require.NoError(t, err)
	t.Cleanup(cluster.Close)
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	client, err := kgo.NewClient(kgo.SeedBrokers(cluster.ListenAddrs()...))
	require.NoError(t, err)
	t.Cleanup(client.Close)

	want := map[string]map[string]bool{}
	var records []*kgo.Record
	for i := range 600 {
		user, post, action := fmt.Sprint("u", i%17), fmt.Sprint("p", i%41), engagement.Action(1+i%5)
		value, err := codecs.Activity.Encode(&schemas.Activity{Event: schemas.Event{EventID: "e", EventTime: 1, UserID: user, PostID: post, Action: action}})
		require.NoError(t, err)
		records = append(records, &kgo.Record{Topic: "activity", Key: []byte(user), Value: value})
		if action == engagement.View || action == engagement.Impression {
			if want[user] == nil {
				want[user] = map[string]bool{}
			}
			want[user][post] = true
		}
	}
	require.NoError(t, client.ProduceSync(t.Context(), records...).FirstErr())
	of := topology.SeenPosts()
	c, err := consume.New(consume.Config{
		Brokers: cluster.ListenAddrs(), ClientID: "test", Group: of.Group, Topic: string(of.Input), DeadLetters: string(of.DeadLetters),
		MaxBatch: 10, MaxWait: 20 * time.Millisecond, RetryMin: time.Millisecond, RetryMax: 5 * time.Millisecond, SessionTimeout: time.Second, DrainTimeout: time.Second,
	}, seen.Work(posts), consume.Deps{Records: codecs.Activity, DeadLetters: codecs.DeadLetters, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	t.Cleanup(func() { cancel(); require.NoError(t, <-done) })

	got := func() map[string]map[string]bool {
		all := map[string]map[string]bool{}
		for _, key := range redis.Keys() {
			members, err := redis.SMembers(key)
			require.NoError(t, err)
			set := map[string]bool{}
			for _, m := range members {
				set[m] = true
			}
			all[key[len("feed:seen:"):]] = set
		}
		return all
	}
	total := func() (n int) {
		for _, set := range got() {
			n += len(set)
		}
		return n
	}
	all := 0
	for _, set := range want {
		all += len(set)
	}
	for end := time.Now().Add(20 * time.Second); total() < all && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	require.Equal(t, want, got())
	require.Greater(t, denied.Load(), int64(10))
}
