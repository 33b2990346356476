package streams

import (
	"log/slog"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/internal/testbuffer"
)

// A table that is of no use is made anew, and the log says why: its files are corrupt, or it has read more than there is.
func TestKeeper_says_why_a_table_is_made_anew(t *testing.T) {
	for _, dir := range []string{"", t.TempDir()} {
		var said testbuffer.Buffer
		cfg := DefaultConfig()
		cfg.Log, cfg.Metrics = slog.New(slog.NewTextHandler(&said, nil)), NewMetrics(prometheus.NewRegistry())
		k := newKeeper(&cfg, group, dir)
		take := func() tablestore.Store {
			t.Helper()
			store, err := k.take(0, "log", false)
			require.NoError(t, err)
			require.Zero(t, store.Next())
			require.NoError(t, store.Apply([]tablestore.Row{{Key: "k", Value: []byte("v")}}, 5))
			return store
		}
		take()
		k.ahead(0, 5, 3)
		take()
		require.Contains(t, said.String(), `err="the table is ahead of its changelog: read up to 5, ends at 3"`)
		require.Zero(t, testutil.CollectAndCount(cfg.Metrics.corruption), "that is no corruption")
		k.spoil(0, true)
		take()
		if dir != "" {
			require.Contains(t, said.String(), tablestore.ErrCorrupt.Error())
			require.InDelta(t, 1, testutil.ToFloat64(cfg.Metrics.corruption.WithLabelValues(group)), 0)
		}
		require.NotContains(t, said.String(), "nil")
		require.NoError(t, k.close())
	}
}

// Whoever asks a partition how it stands while it is given away does not touch its table any more: it may be closed.
func TestStatus_of_a_partition_that_is_over(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.cfg.Disk, b.cfg.DataDir = []string{group}, t.TempDir()
	b.produce()
	s, stop := b.stage("one")
	b.eventually("done", func() bool { return b.committed(group) == records })
	p := s.session.Load().parts[0].Load()
	require.Positive(t, p.status().Disk)
	require.NoError(t, stop())
	require.Zero(t, p.status().Disk)
}
