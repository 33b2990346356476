package feed

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	redisserver "github.com/alicebob/miniredis/v2/server"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	now    = int64(1_420_074_000_123)
	minute = int64(60_000)
	hour   = 60 * minute
)

// testRedis is a Redis that can be away.
type testRedis struct {
	*miniredis.Miniredis
	away atomic.Bool
}

func startRedis(t *testing.T) *testRedis {
	t.Helper()
	r := &testRedis{Miniredis: miniredis.RunT(t)}
	r.Server().SetPreHook(func(c *redisserver.Peer, cmd string, _ ...string) bool {
		switch {
		case r.away.Load():
			c.WriteError("LOADING")
		case cmd == "INFO":
			c.WriteBulk("run_id:1\r\n")
		default:
			return false
		}
		return true
	})
	return r
}

// backends are what one process has of Redis.
type backends struct {
	redis     *testRedis
	pages     *cache.Pages
	seen      *cache.Seen
	snapshots *cache.Snapshots
	registry  *prometheus.Registry
	metrics   *Metrics
}

func newBackends(t *testing.T, redis *testRedis) *backends {
	t.Helper()
	b := connect(t, redis.Addr())
	b.redis = redis
	return b
}

// noEnds is where tables end that have no records.
func noEnds(context.Context) (cache.Read, error) { return cache.Read{}, nil }

func connect(t *testing.T, addr string) *backends {
	t.Helper()
	at := cache.DefaultConfig()
	at.URL = "redis://" + addr
	kept := cache.DefaultPagesConfig()
	at.Timeout, kept.Lease, kept.Patience = 10*time.Second, time.Minute, time.Minute // however busy the machine is
	b := &backends{registry: prometheus.NewRegistry()}
	b.metrics = NewMetrics(b.registry)
	var err error
	b.pages, err = cache.NewPages(at, kept, noEnds, cache.NewPagesMetrics(b.registry))
	require.NoError(t, err)
	b.seen, err = cache.NewSeen(at)
	require.NoError(t, err)
	b.snapshots, err = cache.NewSnapshots(at, DefaultConfig().SnapshotTTL)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, b.pages.Close())
		require.NoError(t, b.seen.Close())
		require.NoError(t, b.snapshots.Close())
	})
	return b
}

// world is a feed over indexes that the test fills.
type world struct {
	*Feed
	lists     *timeline.Index
	board     *trending.Board
	reactions *Reactions
	now       int64
	read      atomic.Int64 // offset up to which every table is read
	lsn       int64
}

func testConfig() Config {
	c := DefaultConfig()
	c.Recent, c.RecentPerAuthor, c.Depth, c.PerAuthor = 8, 3, 10, 2
	return c
}

func newWorld(t require.TestingT, cfg Config, listSize int, b *backends) *world {
	list := trending.DefaultConfig()
	list.ListSize = listSize
	w := &world{
		lists: timeline.New(), board: trending.New(list, engagement.DefaultWindow(), engagement.DefaultWeights(), nil),
		reactions: NewReactions(cfg), now: now,
	}
	w.board.Hide(w.lists.Hidden)
	w.board.Follow(func() []int64 { return []int64{w.read.Load()} })
	w.board.Refresh(now)
	w.Feed = w.serve(t, cfg, b)
	return w
}

// serve returns a feed over the same indexes, as another process would have it.
func (w *world) serve(t require.TestingT, cfg Config, b *backends) *Feed {
	f, err := New(cfg, Deps{
		Lists: w.lists, Trending: w.board, Reactions: w.reactions, Pages: b.pages, Seen: b.seen, Snapshots: b.snapshots, Metrics: b.metrics,
		Ready: func() bool { return true },
		Read: func() cache.Read {
			offset := []int64{w.read.Load()}
			return cache.Read{"posts-table": offset, "users-table": offset, "follows-table": offset, "scores-table": w.board.Snapshot().Read}
		},
		Now: func() time.Time { return time.UnixMilli(w.now) },
	})
	require.NoError(t, err)
	return f
}

func (w *world) row(columns map[string]string) *schemas.EntityRow {
	w.lsn++
	quoted := map[string]string{}
	for name, text := range columns {
		quoted[name] = `"` + text + `"`
	}
	return &schemas.EntityRow{Row: change.Row{Position: change.Position{LSN: w.lsn}, Columns: change.ColumnsOf(quoted)}}
}

func (w *world) user(id string) {
	w.lists.UpdateUser(id, w.row(map[string]string{"username": "name of " + id}))
}

func (w *world) userGone(id string) {
	w.lists.UpdateUser(id, w.row(map[string]string{"deleted_at": "2014-01-02T03:04:05Z"}))
}

func (w *world) post(id, author, status string, created int64) {
	w.lists.UpdatePost(id, w.row(map[string]string{
		"user_id": author, "status": status, "caption": "caption of " + id, "created_at": time.UnixMilli(created).UTC().Format(time.RFC3339Nano),
	}))
}

func (w *world) follow(follower, followee string, active bool) {
	row := w.row(map[string]string{"status": "active"})
	row.Deleted = !active
	w.lists.UpdateFollow(schemas.NaturalID(follower, followee), row)
}

// likes says how many likes a post has got within the window.
func (w *world) likes(id string, n int64) {
	w.board.Update(id, &schemas.ScoreRow{Buckets: []engagement.Bucket{{Start: w.now - minute, Last: w.now - minute, Counts: engagement.Counts{Likes: n}}}})
}

func (w *world) react(reader, post string, at int64) {
	w.reactions.Update(schemas.NaturalID(reader, post), &schemas.ReactionRow{Like: reaction.Like{Liked: true, At: at}}, w.now)
}

func (w *world) page(t require.TestingT, r Request) Page {
	p, err := w.Page(context.Background(), r)
	require.NoError(t, err)
	return p
}

// counted returns the sum of a counter over those of its labels whose text has a part.
func (b *backends) counted(t *testing.T, name, part string) (sum float64) {
	t.Helper()
	families, err := b.registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == name && strings.Contains(m.String(), part) {
				sum += m.GetCounter().GetValue()
			}
		}
	}
	return sum
}
