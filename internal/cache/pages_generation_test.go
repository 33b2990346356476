package cache

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/require"
)

// log is a changelog of which pages are asked where it ends.
type log struct {
	end   atomic.Int64
	asked atomic.Int32
	away  atomic.Bool
}

func (l *log) newest(context.Context) (Read, error) {
	l.asked.Add(1)
	if l.away.Load() {
		return nil, errors.New("Kafka is away")
	}
	return Read{"posts": {-1, l.end.Load()}}, nil
}

func newLog(p *Pages, end int64) *log {
	l := &log{}
	l.end.Store(end)
	p.generations.ends = l.newest
	return l
}

// TestPages_after_a_loss: Redis has lost all and goes on in the same run. A process that lags would bring back what a change
// had taken away whose marker is gone.
func TestPages_after_a_loss(t *testing.T) {
	server := miniredis.RunT(t)
	lags, reads := newTestPages(t, server, new(atomic.Int32)), newTestPages(t, server, new(atomic.Int32))
	for _, p := range []*Pages{lags, reads} {
		newLog(p, 5)
		require.True(t, put(t, p, "k", `[]`, at(5), post))
	}
	_, err := reads.Remove(t.Context(), []Change{{post, "posts", 1, 7}})
	require.NoError(t, err)
	require.False(t, put(t, lags, "k", `[]`, at(6), post))

	server.FlushAll()
	for _, p := range []*Pages{lags, reads} {
		newLog(p, 9) // another change, which nobody has told yet
	}
	for offset, want := range map[int64]bool{6: false, 7: false, 8: false, 9: true, 10: true} {
		require.Equal(t, want, put(t, lags, "k", `[]`, at(offset), post), "read up to %d", offset)
		require.Equal(t, want, put(t, reads, "k", `[]`, at(offset), post), "read up to %d", offset)
	}
	require.False(t, put(t, lags, "k", `[]`, Read{"users": {99, 99}}, post), "who does not say how far it read has not read it")
	removed, err := reads.Remove(t.Context(), []Change{{post, "posts", 1, 11}})
	require.NoError(t, err)
	require.Equal(t, 1, removed)
	require.False(t, put(t, lags, "k", `[]`, at(10), post), "the new generation has markers")
}

// TestPages_of_a_new_run are kept by who has read as far as the tables went by then.
func TestPages_of_a_new_run(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	l := newLog(p, 5)
	require.False(t, put(t, p, "k", `[]`, at(4), post))
	require.True(t, put(t, p, "k", `[]`, at(5), post))
	l.end.Store(9)
	p.run.Store(&run{"1"})
	require.False(t, put(t, p, "k", `[]`, at(8), post))
	require.True(t, put(t, p, "k", `[]`, at(9), post))
	require.EqualValues(t, 2, l.asked.Load(), "once of each")
}

// TestPages_while_nobody_says_where_tables_end are made, and not kept; nor is it asked for each.
func TestPages_while_nobody_says_where_tables_end(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	l := newLog(p, 5)
	l.away.Store(true)
	for range 20 {
		require.False(t, put(t, p, "k", `[]`, at(9), post))
	}
	require.EqualValues(t, 1, l.asked.Load())
	l.away.Store(false)
	require.Eventually(t, func() bool { return put(t, p, "k", `[]`, at(9), post) }, 10*time.Second, 10*time.Millisecond)
}

// TestPages_do_not_wait_for_who_says_where_tables_end but once, and not long.
func TestPages_do_not_wait_for_who_says_where_tables_end(t *testing.T) {
	server := miniredis.RunT(t)
	p := newTestPages(t, server, new(atomic.Int32))
	p.timeout = 100 * time.Millisecond
	answer := make(chan struct{})
	p.generations.ends = func(context.Context) (Read, error) { <-answer; return Read{}, nil }
	began := time.Now()
	for range 50 {
		require.False(t, put(t, p, "k", `[]`, at(9), post))
	}
	require.Less(t, time.Since(began), 20*p.timeout)
	close(answer)
	require.Eventually(t, func() bool { return put(t, p, "k", `[]`, at(9), post) }, 10*time.Second, time.Millisecond)
}

// TestPages_of_a_table_created_anew: it never comes to where the old one ended, so that is asked again after a while.
func TestPages_of_a_table_created_anew(t *testing.T) {
	p := newTestPages(t, miniredis.RunT(t), new(atomic.Int32))
	l := newLog(p, 1_000)
	require.True(t, put(t, p, "k", `[]`, at(1_000), post))
	l.end.Store(3)
	require.False(t, put(t, p, "k", `[]`, at(4), post))
	require.False(t, put(t, p, "k", `[]`, at(4), post))
	p.generations.known.Load().asked = time.Now().Add(-endsLife - time.Second)
	require.False(t, put(t, p, "k", `[]`, at(4), post))
	require.True(t, put(t, p, "k", `[]`, at(4), post))
}
