package e2e

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/kafka"
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

// report says how long markers took until Connect was killed, and from then on.
func (m *markers) report(killed time.Time) {
	m.s.t.Helper()
	sent := m.sent()
	m.mu.Lock()
	defer m.mu.Unlock()
	var usual, written, later []time.Duration
	for id, done := range m.done {
		seen := m.seen[id]
		require.False(m.s.t, seen.IsZero(), "marker %s never came", id)
		took := max(0, seen.Sub(done))
		if done.Before(killed.Add(-2 * time.Second)) {
			usual, written = append(usual, took), append(written, max(0, sent[id].Sub(done)))
		} else {
			later = append(later, took)
		}
	}
	at := func(all []time.Duration, q float64) time.Duration {
		slices.Sort(all)
		return all[int(q*float64(len(all)-1))].Round(time.Millisecond)
	}
	m.s.t.Logf("from the commit to the table: p50 %v, p99 %v, of %d; until the connector writes it to Kafka: p50 %v, p99 %v", at(usual, 0.5), at(usual, 0.99),
		len(usual), at(written, 0.5), at(written, 0.99))
	m.s.t.Logf("from the kill of Connect on: p50 %v, most %v, of %d", at(later, 0.5), at(later, 1), len(later))
}

// sent returns when the connector wrote each user's first record, by its clock.
func (m *markers) sent() map[string]time.Time {
	m.s.t.Helper()
	client, err := kafka.Dial(m.s.cfg.Kafka.Brokers, "sent")
	require.NoError(m.s.t, err)
	defer client.Close()
	partitions, err := client.Partitions("cdc.users")
	require.NoError(m.s.t, err)
	sent := map[string]time.Time{}
	for _, p := range partitions {
		require.NoError(m.s.t, kafka.ReadPartition(m.s.t.Context(), client, "cdc.users", p, func(r *sarama.ConsumerMessage) error {
			id := uuid.FindString(string(r.Key))
			if sent[id].IsZero() {
				sent[id] = r.Timestamp
			}
			return nil
		}))
	}
	return sent
}

var uuid = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
