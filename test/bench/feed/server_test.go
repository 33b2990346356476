package feed

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"github.com/nova-social/nova-streams/api"
	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/identity"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/test/bench/benchtest"
)

// What a worker is told: which server it is, where Redis is, the file of the key of tokens, and how many bytes it answers.
const (
	workerEnv = "BENCH_FEED_WORKER"
	redisEnv  = "BENCH_FEED_REDIS"
	keyEnv    = "BENCH_FEED_KEY"
	bytesEnv  = "BENCH_FEED_BYTES"
)

func TestMain(m *testing.M) { benchtest.Main(m, workerEnv, work) }

// pageKey is where the page lies in Redis that GET /v1/feed?limit=20 answers with.
func pageKey(reader string) string { return "feed:v1:" + reader + ":0:20" }

func work(mode string) error {
	serve := product
	if mode == "bare" {
		serve = bare
	}
	handler, err := serve()
	if err != nil {
		return err
	}
	return benchtest.Serve(mode, handler)
}

// bare reads the page of the reader whom the path names and answers with as many bytes as it is told.
func bare() (http.Handler, error) {
	options, err := redis.ParseURL(os.Getenv(redisEnv))
	if err != nil {
		return nil, err
	}
	options.PoolSize = connections
	size, err := strconv.Atoi(os.Getenv(bytesEnv))
	if err != nil {
		return nil, err
	}
	client, body, length := redis.NewClient(options), bytes.Repeat([]byte("x"), size), strconv.Itoa(size)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := client.Get(r.Context(), pageKey(r.URL.Path[1:])).Err(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", length)
		_, _ = w.Write(body)
	}), nil
}

// product is the API as the program has it, over the world.
func product() (http.Handler, error) {
	app.TuneCollector()
	w := newWorld()
	registry, log := prometheus.NewRegistry(), slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})) // on a busy machine many answers are slow
	feeds, err := w.feeds(registry, log)
	if err != nil {
		return nil, err
	}
	known := identity.DefaultConfig()
	known.KeyFiles = []string{os.Getenv(keyEnv)}
	tokens, err := identity.New(known, nothingRevoked{}, time.Now, identity.NewMetrics(registry), log)
	if err != nil {
		return nil, err
	}
	return api.New(api.Deps{
		Config: api.DefaultConfig(), Version: "bench", Trending: w.board, Posts: w, Timeline: lists{w.lists}, Feed: feeds,
		Callers: callers{tokens}, Metrics: registry, Log: log,
	}), nil
}

// feeds keeps pages for longer than the benchmark takes: what is measured as cached must not end meanwhile.
func (w *world) feeds(registry *prometheus.Registry, log *slog.Logger) (*feed.Feed, error) {
	cfg, at, kept := feed.DefaultConfig(), cache.DefaultConfig(), cache.DefaultPagesConfig()
	at.URL, at.Timeout = os.Getenv(redisEnv), 5*time.Second
	kept.TTL, kept.Marker = 2*time.Hour, 3*time.Hour
	pages, err := cache.NewPages(at, kept, func(context.Context) (cache.Read, error) { return cache.Read{}, nil }, cache.NewPagesMetrics(registry))
	if err != nil {
		return nil, err
	}
	seen, err := cache.NewSeen(at)
	if err != nil {
		return nil, err
	}
	snapshots, err := cache.NewSnapshots(at, cfg.SnapshotTTL)
	if err != nil {
		return nil, err
	}
	guard, err := cache.NewGuard(at, cache.NewGuardMetrics(registry), log)
	if err != nil {
		return nil, err
	}
	pages.GuardedBy(guard)
	seen.GuardedBy(guard)
	snapshots.GuardedBy(guard)
	cfg.RedisTimeout = at.Timeout
	read := cache.Read{}
	for _, table := range []string{"posts-table", "users-table", "follows-table", "scores-table"} {
		read[table] = []int64{1, 2, 3, 4}
	}
	return feed.New(cfg, feed.Deps{
		Lists: w.lists, Trending: w.board, Reactions: w.reactions, Pages: pages, Seen: seen, Snapshots: snapshots,
		Ready: func() bool { return true }, Read: func() cache.Read { return read },
		Now: func() time.Time { return time.UnixMilli(now) }, Metrics: feed.NewMetrics(registry),
	})
}

// Stats implements api.Posts.
func (w *world) Stats(id string) (lifetime.Stats, bool) { return w.counts.Stats(id) }

// Window implements api.Posts.
func (w *world) Window(string) (api.PostWindow, bool) { return api.PostWindow{}, false }

// Recovered implements api.Posts.
func (w *world) Recovered() bool { return true }

type lists struct{ *timeline.Index }

// Recovered implements api.Timeline.
func (lists) Recovered() bool { return true }

// callers takes a token with this before it for its reader's id, without a look: what the others cost beside it is the check.
const unchecked = "unchecked:"

type callers struct{ *identity.Callers }

// Caller implements api.Callers.
func (c callers) Caller(ctx context.Context, token string) (api.Caller, error) {
	if reader, ok := strings.CutPrefix(token, unchecked); ok {
		return api.Caller{Subject: reader, Role: api.RoleUser}, nil
	}
	return c.Callers.Caller(ctx, token)
}

type nothingRevoked struct{}

// Revoked implements identity.Revocations.
func (nothingRevoked) Revoked(string) (time.Time, bool) { return time.Time{}, false }

// Recovered implements identity.Revocations.
func (nothingRevoked) Recovered() bool { return true }
