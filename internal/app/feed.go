package app

import (
	"context"
	"time"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// newFeed adds what makes feeds to the program. The lists are up to date with what the views have read.
func (a *App) newFeed(lists *lists, board *trending.Board, scores *streams.View, rows schemas.RowCodec) (*feed.Feed, error) {
	reactions := feed.NewReactions(a.cfg.Feed)
	reactions.Register(a.metrics)
	reacted, err := a.newView(topology.ReactionsTable, rows, func(name string, row schemas.Row) {
		r, _ := row.(*schemas.ReactionRow)
		reactions.Update(name, r, time.Now().UnixMilli())
	})
	if err != nil {
		return nil, err
	}
	redis := a.cfg.Redis
	redis.Timeout = a.cfg.Feed.RedisTimeout
	pages, err := cache.NewPages(redis, a.cfg.Pages, func(ctx context.Context) (cache.Read, error) {
		return a.inspector.Newest(ctx, string(topology.PostsTable), string(topology.UsersTable), string(topology.FollowsTable), string(topology.ScoresTable))
	}, cache.NewPagesMetrics(a.metrics))
	if err != nil {
		return nil, err
	}
	a.onClose(pages.Close)
	seen, err := cache.NewSeen(redis)
	if err != nil {
		return nil, err
	}
	a.onClose(seen.Close)
	snapshots, err := cache.NewSnapshots(redis, a.cfg.Feed.SnapshotTTL)
	if err != nil {
		return nil, err
	}
	a.onClose(snapshots.Close)
	guard, err := cache.NewGuard(redis, cache.NewGuardMetrics(a.metrics), a.log)
	if err != nil {
		return nil, err
	}
	a.onClose(guard.Close)
	a.add("redis guard", guard.Run)
	pages.GuardedBy(guard)
	seen.GuardedBy(guard)
	snapshots.GuardedBy(guard)
	return feed.New(a.cfg.Feed, feed.Deps{
		Lists: lists.Index, Trending: board, Reactions: reactions, Pages: pages, Seen: seen, Snapshots: snapshots,
		Ready: func() bool { return lists.Recovered() && scores.Recovered() && reacted.Recovered() },
		Read: func() cache.Read {
			return cache.Read{
				string(topology.PostsTable): lists.posts.Read(), string(topology.UsersTable): lists.users.Read(),
				string(topology.FollowsTable): lists.follows.Read(), string(topology.ScoresTable): board.Snapshot().Read, // the list is of the latest tick
			}
		},
		Now: time.Now, Metrics: feed.NewMetrics(a.metrics),
	})
}
