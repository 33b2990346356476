package api

import (
	"context"
	"flag"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/homefeed"
	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/lifetime"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
	"github.com/nova-social/nova-streams/schemas"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type fakePosts struct {
	rows       map[string]lifetime.Stats
	recovering bool
}

func (f *fakePosts) Stats(postID string) (lifetime.Stats, bool) {
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

// fakeSuggestions answers for one user.
type fakeSuggestions struct {
	early bool
	fewer bool  // whom it suggests to has followed the last one
	later int64 // ms after now
}

func (f *fakeSuggestions) Suggestions(userID string, limit int) (suggestions.Suggestions, error) {
	list := suggestions.Suggestions{AsOf: trending.FormatTime(now + f.later), Items: []suggestions.Suggestion{
		{UserID: "u2", MutualCount: 4, Via: []string{"u3", "u4", "u5"}}, {UserID: "u6", MutualCount: 1, Via: []string{"u4"}},
	}}
	switch {
	case f.early:
		return suggestions.Suggestions{}, suggestions.ErrNotReady
	case userID == "lonely":
		list.Items = []suggestions.Suggestion{}
	case userID != "u1":
		return suggestions.Suggestions{}, suggestions.ErrUnknownUser
	case limit == 1 || f.fewer:
		list.Items = list.Items[:1]
	}
	return list, nil
}

// fakeFeed is the same for every reader, and keeps what was asked and seen.
type fakeFeed struct {
	early, fewer bool
	err          error
	asked        []feed.Request
	saw          map[string][]string
}

func (f *fakeFeed) Page(_ context.Context, r feed.Request) (feed.Page, error) {
	f.asked = append(f.asked, r)
	page := feed.Page{AsOf: now, Next: "next", Items: []feed.Item{
		{
			Post:   &timeline.Post{ID: "p1", AuthorID: "ann", Caption: "Post p1", CreatedAt: now - 60_000},
			Author: &timeline.Name{ID: "ann", Username: "ann", DisplayName: "Ann <3"},
			Reason: homefeed.Followed, Worth: feed.WorthOf(homefeed.Parts{Freshness: 0.5, Engagement: 0.25, Affinity: 0.125}),
		},
		{Post: &timeline.Post{ID: "p2"}, Author: &timeline.Name{}, Reason: homefeed.Trending, Worth: feed.WorthOf(homefeed.Parts{Engagement: 0.1})},
	}}
	switch {
	case f.early:
		return feed.Page{}, feed.ErrNotReady
	case r.Cursor == "gone":
		return feed.Page{}, feed.ErrCursorExpired
	case r.Cursor != "" && r.Cursor != "next":
		return feed.Page{}, feed.ErrBadCursor
	case r.Cursor == "next" || r.Offset > 0 || f.fewer:
		page.Items, page.Next = page.Items[1:], ""
	}
	return page, nil
}

func (f *fakeFeed) See(_ context.Context, readerID string, postIDs []string) error {
	if f.err == nil {
		f.saw[readerID] = append(f.saw[readerID], postIDs...)
	}
	return f.err
}

func (f *fakeFeed) Ready() bool { return !f.early }

// fakeIngest keeps the ids of what it is given, or fails.
type fakeIngest struct {
	err  error
	sent []string
}

func (f *fakeIngest) Send(_ context.Context, events []*schemas.Event) error {
	if f.err != nil {
		return f.err
	}
	for _, e := range events {
		f.sent = append(f.sent, e.EventID)
	}
	return nil
}

// fakeCallers takes every token for a user's, or fails.
type fakeCallers struct{ err error }

func (f *fakeCallers) Caller(context.Context, string) (Caller, error) { return user, f.err }

func (f *fakeCallers) Revoked(string) (ended <-chan struct{}, cancel func()) { return nil, func() {} }

type fakeStatus func(context.Context) (Status, error)

func (f fakeStatus) Status(ctx context.Context) (Status, error) { return f(ctx) }

// now is the moment of all tests, 2015-01-01T01:00:00.123Z.
const now = int64(1_420_074_000_123)

// world is an API over fakes and a real board of three posts.
type world struct {
	deps        Deps
	board       *trending.Board
	posts       *fakePosts
	suggestions *fakeSuggestions
	feed        *fakeFeed
	ingest      *fakeIngest
	callers     *fakeCallers
	lines       *fakeTimeline
}

// fakeTimeline is a real index over rows of the test's own.
type fakeTimeline struct {
	*timeline.Index
	recovering bool
}

func (f *fakeTimeline) Recovered() bool { return !f.recovering }

func newTimeline() *fakeTimeline {
	x := timeline.New()
	row := func(columns map[string]string) *schemas.EntityRow {
		for name, text := range columns {
			columns[name] = strconv.Quote(text)
		}
		return &schemas.EntityRow{Row: change.Row{Columns: change.ColumnsOf(columns)}}
	}
	x.UpdateUser("ann", row(map[string]string{"username": "ann", "display_name": "Ann <3", "created_at": "2014-01-02T03:04:05Z"}))
	for _, id := range []string{"bob", "cy", "di"} {
		x.UpdateUser(id, row(map[string]string{"username": id}))
	}
	x.UpdateUser("gone", row(map[string]string{"username": "gone", "deleted_at": "2014-01-02T03:04:05Z"}))
	for id, day := range map[string]string{"p1": "03", "p2": "04", "p3": "05"} {
		x.UpdatePost(id, row(map[string]string{"user_id": "ann", "caption": "Post " + id, "status": "published", "created_at": "2014-02-" + day + "T00:00:00.5Z"}))
	}
	x.UpdatePost("draft", row(map[string]string{"user_id": "ann", "status": "draft"}))
	for name, day := range map[string]string{"ann:bob": "01", "bob:ann": "02", "cy:ann": "03", "di:ann": "04", "gone:ann": "05"} {
		x.UpdateFollow(name, row(map[string]string{"status": "active", "created_at": "2014-03-" + day + "T00:00:00Z"}))
	}
	return &fakeTimeline{Index: x}
}

func newBoard() *trending.Board {
	return trending.New(trending.DefaultConfig(), engagement.DefaultWindow(), engagement.DefaultWeights(), nil)
}

func newWorld() *world {
	board := newBoard()
	posts := &fakePosts{rows: map[string]lifetime.Stats{}}
	w := &world{board: board, posts: posts, suggestions: &fakeSuggestions{}, feed: &fakeFeed{saw: map[string][]string{}}, ingest: &fakeIngest{}, callers: &fakeCallers{}, lines: newTimeline()}
	for id, c := range map[string]engagement.Counts{
		"p1": {Views: 4, Impressions: 90, Comments: 6},
		"p2": {Likes: 1, Shares: 1},
		"p3": {Views: 20},
	} {
		at := now - 59*60_000
		w.update(id, engagement.Bucket{Start: at, Last: at, Counts: c})
		posts.rows[id] = lifetime.Stats{Counts: c, LastEngagement: at}
	}
	posts.rows["quiet"], posts.rows["draft"] = lifetime.Stats{}, lifetime.Stats{Counts: engagement.Counts{Views: 9}}
	posts.rows["a/b c"] = lifetime.Stats{Counts: engagement.Counts{Views: 1}, LastEngagement: now}
	board.Refresh(now)
	w.deps = Deps{
		Config: DefaultConfig(), Version: "test", Trending: board, Posts: posts, Timeline: w.lines, Status: fakeStatus(fixedStatus), Engagement: fakeEngagement(hoursBefore),
		Suggestions: w.suggestions, Feed: w.feed, Ingest: w.ingest, Callers: w.callers, EventLimits: EventLimits{MaxEvents: 5, MaxBytes: 2048, Ahead: time.Minute},
		Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.UnixMilli(now) },
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
		Jobs: []Job{
			{Name: "top_posts", Kind: "sql_to_redis", LastRun: time.UnixMilli(now).UTC(), TookSeconds: 0.5, Result: "error", LastError: "no such table", Process: "a:1", Next: time.UnixMilli(now + 60_000).UTC(), Runs: []JobRun{
				{Begin: time.UnixMilli(now).UTC(), TookSeconds: 0.5, Result: "error", Error: "no such table", Process: "a:1"},
				{Begin: time.UnixMilli(now - 60_000).UTC(), TookSeconds: 0.25, Result: "ok", Process: "b:1"},
			}},
			{Name: "views", Kind: "views", Runs: []JobRun{}},
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
