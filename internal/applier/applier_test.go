package applier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/nova-social/nova-streams/internal/cache"
	"github.com/nova-social/nova-streams/internal/consume"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

const partitions = 4

// world is a Kafka and a Redis of the test's own.
type world struct {
	t      *testing.T
	kafka  *kfake.Cluster
	client *kgo.Client
	codecs *schemas.Codecs
	redis  cache.Config
	pages  *cache.Pages
	away   atomic.Bool  // Redis answers nobody
	denied atomic.Int64 // questions it did not answer
	log    testbuffer.Buffer
	sent   int64

	batch  int
	gather time.Duration
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, batch: 50, gather: 20 * time.Millisecond}
	redis := miniredis.RunT(t)
	redis.Server().SetPreHook(func(c *server.Peer, command string, _ ...string) bool {
		switch {
		case w.away.Load():
			w.denied.Add(1)
			c.WriteError("LOADING Redis is loading the dataset in memory")
		case command == "INFO":
			c.WriteBulk("run_id:1\r\n")
		default:
			return false
		}
		return true
	})
	w.redis = cache.DefaultConfig()
	w.redis.URL = "redis://" + redis.Addr()
	w.pages = w.connect()
	var err error
	w.kafka, err = kfake.NewCluster(kfake.NumBrokers(1), kfake.GroupMinSessionTimeout(100*time.Millisecond))
	require.NoError(t, err)
	t.Cleanup(w.kafka.Close)
	for _, topic := range topology.Topics() {
		if topic.Name == string(topology.CacheInvalidations) || topic.Name == string(topology.CacheInvalidationsDLQ) {
			require.NoError(t, w.kafka.CreateTopic(topic.Name, partitions, topic.Config()))
		}
	}
	w.codecs, err = schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	w.client, err = kgo.NewClient(kgo.SeedBrokers(w.kafka.ListenAddrs()...))
	require.NoError(t, err)
	t.Cleanup(w.client.Close)
	return w
}

func (w *world) connect() *cache.Pages {
	p, err := cache.NewPages(w.redis, cache.DefaultPagesConfig(), func(context.Context) (cache.Read, error) { return cache.Read{}, nil }, nil)
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, p.Close()) })
	return p
}

// keep keeps a page made of parts by who had read every table up to read.
func (w *world) keep(key string, read int64, parts ...cache.Part) {
	w.t.Helper()
	far := make([]int64, partitions)
	for i := range far {
		far[i] = read
	}
	page, err := w.pages.Page(w.t.Context(), key, func(context.Context) (cache.Made, error) {
		return cache.Made{Page: []byte(`"kept"`), Parts: parts, Read: cache.Read{"posts-table": far, "scores-table": far}}, nil
	})
	require.NoError(w.t, err)
	require.Equal(w.t, `"kept"`, string(page))
}

// kept reports whether a page is in Redis. Asking changes nothing there but that it remembers for a moment that there is none.
func (w *world) kept(key string) bool {
	w.t.Helper()
	kept := true
	_, err := w.pages.Page(w.t.Context(), key, func(context.Context) (cache.Made, error) {
		kept = false
		return cache.Made{}, errors.New("not asked for")
	})
	require.Equal(w.t, kept, err == nil)
	return kept
}

// tell sends messages.
func (w *world) tell(messages ...*schemas.CacheInvalidation) {
	w.t.Helper()
	records := make([]*kgo.Record, len(messages))
	for i, m := range messages {
		value, err := w.codecs.CacheInvalidations.Encode(m)
		require.NoError(w.t, err)
		records[i] = &kgo.Record{Topic: string(topology.CacheInvalidations), Key: []byte(m.Key()), Value: value}
	}
	require.NoError(w.t, w.client.ProduceSync(context.Background(), records...).FirstErr())
	w.sent += int64(len(messages))
}

// member starts an applier; what it returns ends it.
func (w *world) member(pages Pages, metrics *Metrics) (end func()) {
	w.t.Helper()
	of := topology.ApplierOfInvalidations()
	c, err := consume.New(consume.Config{
		Brokers: w.kafka.ListenAddrs(), ClientID: "test", Group: of.Group, Topic: string(of.Input), DeadLetters: string(of.DeadLetters),
		MaxBatch: w.batch, MaxWait: w.gather, RetryMin: 5 * time.Millisecond, RetryMax: 50 * time.Millisecond,
		SessionTimeout: time.Second, DrainTimeout: time.Second,
	}, DefaultConfig().Work(pages, metrics), consume.Deps{Records: w.codecs.CacheInvalidations, DeadLetters: w.codecs.DeadLetters, Log: slog.New(slog.NewTextHandler(&w.log, nil))})
	require.NoError(w.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	end = sync.OnceFunc(func() {
		cancel()
		require.NoError(w.t, <-done)
	})
	w.t.Cleanup(end)
	return end
}

// committed is how many messages the group has done.
func (w *world) committed() (n int64) {
	w.t.Helper()
	offsets, err := kadm.NewClient(w.client).FetchOffsets(w.t.Context(), topology.Applier)
	if errors.Is(err, kerr.GroupIDNotFound) {
		return 0
	}
	require.NoError(w.t, err)
	for _, o := range offsets[string(topology.CacheInvalidations)] {
		n += o.At
	}
	return n
}

func (w *world) wait() {
	w.t.Helper()
	for end := time.Now().Add(30 * time.Second); w.committed() != w.sent; time.Sleep(10 * time.Millisecond) {
		require.True(w.t, time.Now().Before(end), "%d of %d\n%s", w.committed(), w.sent, &w.log)
	}
}

// forgetful applies changes and then says that it did not, now and then: as a process that dies before it commits.
type forgetful struct {
	Pages
	calls, forgot *atomic.Int64
}

func (f forgetful) Remove(ctx context.Context, changes []cache.Change) (int, error) {
	n, err := f.Pages.Remove(ctx, changes)
	if err == nil && f.calls.Add(1)%3 == 0 {
		f.forgot.Add(1)
		return 0, errors.New("died")
	}
	return n, err
}

// TestExactlyWhatHasChangedIsRemoved: duplicates, members that come and go, a Redis that is away and work that is done
// twice change nothing of which pages are left.
func TestExactlyWhatHasChangedIsRemoved(t *testing.T) {
	w := newWorld(t)
	rng := rand.New(rand.NewPCG(3, 4))
	const pages, posts = 300, 400
	made := map[string][]string{} // posts by page
	for i := range pages {
		key := fmt.Sprintf("feed:v1:u%d:0:20", i)
		var parts []cache.Part
		for range 3 {
			post := strconv.Itoa(rng.IntN(posts))
			made[key] = append(made[key], post)
			parts = append(parts, cache.Part{Scope: cache.PostScope, ID: post})
		}
		w.keep(key, 0, parts...)
	}
	var calls, forgot atomic.Int64
	end := w.member(forgetful{w.connect(), &calls, &forgot}, nil)
	w.member(forgetful{w.connect(), &calls, &forgot}, nil)
	changed := map[string]bool{}
	last := map[string]int64{}
	for offset := range int64(400) {
		post := strconv.Itoa(rng.IntN(posts / 3))
		if offset%7 == 0 { // of who has no page
			post = "other-" + post
		}
		changed[post], last[post] = true, offset+1
		m := &schemas.CacheInvalidation{
			Scope: schemas.InvalidPost, ID: post, Reason: schemas.InvalidChanged, Table: "posts-table", Partition: int32(rng.IntN(2)), Offset: offset + 1, EventTime: 1,
		}
		w.tell(m)
		if rng.IntN(3) == 0 {
			w.tell(m, m)
		}
		switch offset {
		case 100:
			w.away.Store(true)
			require.Eventually(t, func() bool { return w.denied.Load() >= 5 }, 10*time.Second, time.Millisecond)
		case 150:
			w.away.Store(false)
		case 250:
			end()
		case 300:
			end = w.member(forgetful{w.connect(), &calls, &forgot}, nil)
		}
	}
	w.wait()
	require.NotZero(t, forgot.Load())
	gone := 0
	for key, of := range made {
		stays := true
		for _, post := range of {
			stays = stays && !changed[post]
		}
		require.Equal(t, stays, w.kept(key), key)
		if !stays {
			gone++
		}
	}
	require.True(t, gone > 50 && gone < pages-50, gone)
	for post, offset := range last { // who has read less keeps no page
		w.keep("late:"+post, offset-1, cache.Part{Scope: cache.PostScope, ID: post})
		require.False(t, w.kept("late:"+post), post)
		w.keep("new:"+post, offset, cache.Part{Scope: cache.PostScope, ID: post})
		require.True(t, w.kept("new:"+post), post)
	}
}

// counting notes what it is to remove.
type counting struct {
	mu      sync.Mutex
	changes []cache.Change
}

func (c *counting) Remove(_ context.Context, changes []cache.Change) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes = append(c.changes, changes...)
	return 2, nil
}

func TestManyChangesOfOneThingAreOneRemoval(t *testing.T) {
	w := newWorld(t)
	w.batch, w.gather = 40, time.Minute // until all are there
	for offset := range int64(40) {
		w.tell(&schemas.CacheInvalidation{Scope: schemas.InvalidPost, ID: "p", Reason: schemas.InvalidScore, Table: "scores-table", Partition: 1, Offset: (offset * 7) % 40, EventTime: time.Now().UnixMilli()})
	}
	registry := prometheus.NewPedanticRegistry()
	c := &counting{}
	w.member(c, NewMetrics(registry))
	w.wait()
	require.Equal(t, []cache.Change{{Part: cache.Part{Scope: cache.PostScope, ID: "p"}, Table: "scores-table", Partition: 1, Offset: 39}}, c.changes)
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
		# HELP cache_invalidation_pages_removed_total Pages removed, among them some that had ended by themselves.
		# TYPE cache_invalidation_pages_removed_total counter
		cache_invalidation_pages_removed_total 2
		# HELP cache_invalidations_applied_total Messages whose removal Redis has taken, by what is old and why; again those applied again after a failure.
		# TYPE cache_invalidations_applied_total counter
		cache_invalidations_applied_total{reason="score",scope="post"} 40
		# HELP cache_invalidations_coalesced_total Messages applied together with a later one of the same thing and table, so that they needed no removal of their own.
		# TYPE cache_invalidations_coalesced_total counter
		cache_invalidations_coalesced_total 39
	`), "cache_invalidation_pages_removed_total", "cache_invalidations_applied_total", "cache_invalidations_coalesced_total"))
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == "cache_invalidation_lag_seconds" {
			require.EqualValues(t, 40, f.GetMetric()[0].GetHistogram().GetSampleCount())
			return
		}
	}
	require.Fail(t, "no lag")
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	require.ErrorContains(t, Config{Coalesce: time.Second, Batch: 1}.Validate(), "applier: group")
	require.ErrorContains(t, Config{Group: "a", Batch: 1}.Validate(), "applier: coalesce")
	require.ErrorContains(t, Config{Group: "a", Coalesce: time.Second}.Validate(), "applier: batch")
}
