package e2e

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/streams"
	"github.com/nova-social/nova-streams/schemas"
)

// markers are users that are inserted one after another, to see when the table has them.
type markers struct {
	s    *system
	url  string
	mu   sync.Mutex
	done map[string]time.Time // committed
	seen map[string]time.Time // in the table, as a reader's view of it has them
}

const markerEvery = 50 * time.Millisecond

// followMarkers watches the table until the test ends.
func (s *system) followMarkers(url string) *markers {
	s.t.Helper()
	m := &markers{s: s, url: url, done: map[string]time.Time{}, seen: map[string]time.Time{}}
	codecs, err := schemas.NewCodecs(s.t.Context(), &schemas.Offline{})
	require.NoError(s.t, err)
	view, err := streams.NewView(s.cfg.StreamsConfig(), "users-table", codecs.EntityRows, func(key string, _ schemas.Row) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if m.seen[key].IsZero() {
			m.seen[key] = time.Now()
		}
	})
	require.NoError(s.t, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- view.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		require.NoError(s.t, <-ended)
	})
	return m
}

// write inserts markers until ctx ends.
func (m *markers) write(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, m.url)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for n := 0; ctx.Err() == nil; n++ {
		if err := m.insert(context.WithoutCancel(ctx), conn, id('m', n)); err != nil {
			return err
		}
		time.Sleep(markerEvery)
	}
	return nil
}

func (m *markers) insert(ctx context.Context, conn *pgx.Conn, id string) error {
	if _, err := conn.Exec(ctx, `INSERT INTO users (id, username) VALUES ($1, 'marker')`, id); err != nil {
		return fmt.Errorf("inserting a marker: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.done[id] = time.Now()
	return nil
}

// arrive inserts a marker and waits until the table has it, and so all from before.
func (m *markers) arrive(n int) {
	m.s.t.Helper()
	db := &postgres{t: m.s.t, url: m.url}
	last := id('l', n)
	db.with(func(c *pgx.Conn) { require.NoError(m.s.t, m.insert(m.s.t.Context(), c, last)) })
	require.Eventually(m.s.t, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return !m.seen[last].IsZero()
	}, 2*time.Minute, 20*time.Millisecond, "never in the table")
	time.Sleep(2 * time.Second) // other topics have what Connect sent before that
}

// report says how long markers took.
func (m *markers) report(killed time.Time) {
	m.s.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	var usual, around []time.Duration
	for id, done := range m.done {
		seen := m.seen[id]
		require.False(m.s.t, seen.IsZero(), "marker %s never came", id)
		took := max(0, seen.Sub(done))
		if done.After(killed.Add(-time.Second)) && done.Before(killed.Add(20*time.Second)) {
			around = append(around, took)
		} else {
			usual = append(usual, took)
		}
	}
	slices.Sort(usual)
	slices.Sort(around)
	at := func(all []time.Duration, q float64) time.Duration {
		return all[int(q*float64(len(all)-1))].Round(time.Millisecond)
	}
	m.s.t.Logf("from the commit to the table: p50 %v, p99 %v, most %v (%d markers); around the kill of Connect p50 %v, most %v (%d)",
		at(usual, 0.5), at(usual, 0.99), at(usual, 1), len(usual), at(around, 0.5), at(around, 1), len(around))
}
