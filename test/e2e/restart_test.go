package e2e

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/app"
	"github.com/nova-social/nova-streams/test/oracle"
)

// Everything is stopped and started again on the same data directory; the same events sent once more change nothing.
func TestRestart_keeps_everything(t *testing.T) {
	const file = "events_h0.jsonl.gz"
	dir := t.TempDir()
	all := lines(t, file)
	newest := all[len(all)-1].EventTime
	shift := time.Since(newest).Truncate(5 * time.Minute)
	byPost, rows, last, distinct := recount(all)

	stack := startServers(t, dir)
	s := start(t, stack, app.Roles...)
	s.load(testdata+file, newest.Add(shift))
	before := s.drained(int64(len(all)))
	s.stop()
	require.NoError(t, stack.Close())

	stack = startServers(t, dir)
	s = start(t, stack, app.Roles...)
	after := s.drained(int64(len(all)))
	require.Equal(t, before.Accounting, after.Accounting, "nothing was read again")
	s.ready()
	s.requirePosts(byPost, last, shift)
	s.requireRows(rows)
	s.load(testdata+file, newest.Add(shift))
	st := s.drained(int64(2 * len(all)))
	requireBalanced(t, st)
	require.Equal(t, int64(len(all)), st.Accounting["dedup"].Duplicate)
	require.Equal(t, int64(distinct), st.Accounting["dedup"].Applied)
	s.requirePosts(byPost, last, shift)
	s.requireRows(rows)
	oracle.RequireSessions(t, &s.cfg, s.stack.Stack)
	s.requireOracle(shift)
}
