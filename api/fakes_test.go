package api

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fakePosts struct {
	rows       map[string]PostStats
	recovering bool
}

func (f *fakePosts) Stats(postID string) (PostStats, bool) {
	stats, found := f.rows[postID]
	return stats, found
}

func (f *fakePosts) Window(postID string) (PostWindow, bool) {
	stats, found := f.rows[postID]
	return PostWindow{stats.Counts, now, time.Hour}, found
}

func (f *fakePosts) Recovered() bool { return !f.recovering }

// fakeEngagement answers for every post with the same hours.
type fakeEngagement func(ctx context.Context) (map[int64]engagement.Counts, error)

func (f fakeEngagement) Hourly(ctx context.Context, postID string, _ int) (EngagementSeries, error) {
	counts, err := f(ctx)
	if postID == "nobody" || postID == "quiet" {
		counts = nil
	}
	return EngagementSeries{now, counts}, err
}

// hoursBefore are counts of the hour that has begun, of one before, and of one that nobody asks for.
func hoursBefore(context.Context) (map[int64]engagement.Counts, error) {
	begin := now - now%time.Hour.Milliseconds()
	return map[int64]engagement.Counts{
		begin:                               {Views: 7, Likes: 1},
		begin - 2*time.Hour.Milliseconds():  {Views: 5, Comments: 2, Shares: 3},
		begin - 24*time.Hour.Milliseconds(): {Views: 1000},
	}, nil
}

type fakeStatus func(context.Context) (Status, error)

func (f fakeStatus) Status(ctx context.Context) (Status, error) { return f(ctx) }

type fakeTitles map[string]string

func (f fakeTitles) Title(postID string) (string, bool) {
	title, known := f[postID]
	return title, known
}

// now is the moment of all tests, 2015-01-01T01:00:00.123Z.
const now = int64(1_420_074_000_123)

// world is an API over fakes and a real board of three posts.
type world struct {
	deps  Deps
	board *trending.Board
	posts *fakePosts
}

func newBoard() *trending.Board {
	return trending.New(trending.DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights(), nil)
}

func newWorld() *world {
	board := newBoard()
	posts := &fakePosts{rows: map[string]PostStats{}}
	w := &world{board: board, posts: posts}
	for id, c := range map[string]engagement.Counts{
		"p1": {Views: 4, Impressions: 90, Comments: 6},
		"p2": {Likes: 1, Shares: 1},
		"p3": {Views: 20},
	} {
		at := now - 59*60_000
		w.update(id, engagement.Bucket{Start: at, Last: at, Counts: c})
		posts.rows[id] = PostStats{Counts: c, LastEngagement: at}
	}
	posts.rows["quiet"] = PostStats{}
	posts.rows["a/b c"] = PostStats{Counts: engagement.Counts{Views: 1}, LastEngagement: now}
	board.Refresh(now)
	w.deps = Deps{
		Config: DefaultConfig(), Version: "test", Trending: board, Posts: posts, Status: fakeStatus(fixedStatus), Engagement: fakeEngagement(hoursBefore),
		Titles: fakeTitles{"p1": "The first", "p2": "<b>2</b>"}, Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	}
	return w
}

func (w *world) update(id string, buckets ...engagement.Bucket) {
	w.board.Update(id, &schemas.ScoreRow{Buckets: buckets})
}

// partition is p with that much metadata.
func partition(p Partition, bytes int) Partition {
	p.SetMetadata(bytes, 4096)
	return p
}

func fixedStatus(context.Context) (Status, error) {
	did := schemas.Accounting{In: 8, Applied: 5, Duplicate: 1, Replay: 1, Dead: 1, Late: 2}
	return Status{
		Groups: []Group{
			{
				Group: "dedup", State: Running, Lag: 2, Recovered: true, Balanced: true, Members: 2, Instance: "a", Rebuilds: 5, CrashLoop: true,
				LastError: "a broker was away", Partitions: []Partition{
					partition(Partition{
						Partition: 0, Committed: 8, End: 10, Lag: 2, Owner: "a", Accounting: did, State: Running,
						Recovery: &Recovery{From: 3, At: 7, To: 7}, Commits: 6, Table: &Table{Rows: 4, MemoryBytes: 640},
					}, 4095),
					partition(Partition{Partition: 1, Committed: -1, Owner: "b"}, 0),
				},
			},
			{Group: "reactions", State: Recovering, Balanced: true, Members: 1, Instance: "a", Partitions: []Partition{
				partition(Partition{Partition: 0, Committed: -1, Owner: "a", State: Recovering, Recovery: &Recovery{To: 9, At: 2}, Table: &Table{Rows: 2, DiskBytes: 99}}, 3071),
			}},
			{Group: "scores", State: Failed, Balanced: true, Instance: "a", Rebuilds: 1, LastError: "the input holds no record at the committed offset"},
			{Group: "sink-post-events", State: Waiting, Balanced: true, Members: 1, LastError: "no space left", Breaker: "open"},
		},
		Accounting: map[string]schemas.Accounting{"dedup": did, "reactions": {}, "scores": {}},
		Database: []TableChanges{
			{Table: "posts", Events: map[string]int64{"create": 3, "tombstone": 1}, Changes: map[string]int64{"applied": 2, "older": 1}, LagSeconds: 0.25},
		},
	}, nil
}

func (w *world) get(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	return serve(t, New(w.deps), http.MethodGet, path)
}

func serve(t *testing.T, h http.Handler, method, path string) *httptest.ResponseRecorder {
	t.Helper()
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody))
	return answer
}

// requireGolden compares with testdata/name, or writes it with -update.
func requireGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}
