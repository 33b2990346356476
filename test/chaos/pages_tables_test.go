package chaos

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/config"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/homefeed"
	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// fact is what is true now, and since when: the moment at which the table said so.
type fact struct {
	is    bool
	since time.Time
}

func (f *fact) set(is bool, now time.Time) {
	if f.since.IsZero() || f.is != is {
		f.is, f.since = is, now
	}
}

// settled reports whether it has been as is since before a moment.
func (f *fact) settled(is bool, before time.Time) bool {
	return f != nil && f.is == is && f.since.Before(before)
}

// written is what the tables say of a post. Who wrote it and when does not change.
type written struct {
	id, author string
	created    int64
	visible    fact // by its own row
}

// worth is a score of a post, and since when the table has said so.
type worth struct {
	score int64 // in tenths of a point
	since time.Time
}

// tables are what the tables of the application say, to a reader that never lags.
type tables struct {
	rank    homefeed.Config
	share   float64 // by which a score must have moved to be told
	window  engagement.Window
	weights engagement.Weights

	mu      sync.Mutex
	posts   map[string]*written
	written map[string][]*written       // by author, in the order of their making
	gone    map[string]*fact            // users
	follows map[string]map[string]*fact // by follower and followee
	scores  map[string][]worth          // by post; they only grow, since nobody takes anything back and the window is longer than a test
}

// watchTables reads the tables until the test ends.
func watchTables(t *testing.T, all *config.Config) *tables {
	t.Helper()
	m := &tables{
		rank: all.Feed.Config, share: all.Invalidations.Share, window: all.Window, weights: all.Weights,
		posts: map[string]*written{}, written: map[string][]*written{}, gone: map[string]*fact{}, follows: map[string]map[string]*fact{}, scores: map[string][]worth{},
	}
	codecs, err := schemas.NewCodecs(t.Context(), &schemas.Offline{})
	require.NoError(t, err)
	cfg := all.StreamsConfig()
	cfg.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for table, rows := range map[topology.Table]schemas.RowCodec{
		topology.PostsTable: codecs.EntityRows, topology.UsersTable: codecs.EntityRows, topology.FollowsTable: codecs.EntityRows, topology.ScoresTable: codecs.ScoreRows,
	} {
		view, err := streams.NewView(cfg, string(table), rows, func(id string, row schemas.Row) { m.take(table, id, row, time.Now()) })
		require.NoError(t, err)
		running.Go(func() { _ = view.Run(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return m
}

// knows reports whether a user is there.
func (m *tables) knows(user string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.gone[user] != nil
}

func (m *tables) take(table topology.Table, id string, row schemas.Row, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch r := row.(type) {
	case *schemas.ScoreRow:
		counts, _ := m.window.Sum(r.Buckets, r.LastEngagement)
		m.scores[id] = append(m.scores[id], worth{m.weights.Score(counts), now})
	case *schemas.EntityRow:
		switch table {
		case topology.PostsTable:
			m.post(id, r, now)
		case topology.UsersTable:
			m.user(id, r, now)
		case topology.FollowsTable:
			m.follow(id, r, now)
		}
	}
}

func (m *tables) post(id string, row *schemas.EntityRow, now time.Time) {
	p := m.posts[id]
	if p == nil {
		if row.Deleted {
			return
		}
		created, _ := row.Columns.Get("created_at")
		at, _ := schemas.ColumnTime(created)
		p = &written{id: id, author: row.Text("user_id"), created: at}
		m.posts[id] = p
		m.written[p.author] = append(m.written[p.author], p)
	}
	p.visible.set(!row.Deleted && row.Text("status") == "published", now)
}

func (m *tables) user(id string, row *schemas.EntityRow, now time.Time) {
	if m.gone[id] == nil {
		m.gone[id] = &fact{}
	}
	m.gone[id].set(schemas.UserRow{EntityRow: row}.Gone(), now)
}

func (m *tables) follow(id string, row *schemas.EntityRow, now time.Time) {
	ends, _ := schemas.NaturalParts(id, 2)
	if m.follows[ends[0]] == nil {
		m.follows[ends[0]] = map[string]*fact{}
	}
	if m.follows[ends[0]][ends[1]] == nil {
		m.follows[ends[0]][ends[1]] = &fact{}
	}
	m.follows[ends[0]][ends[1]].set(schemas.FollowRow{EntityRow: row}.Active(), now)
}
