package clickhouse

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/topology"
)

func TestSinkWritesEachEventOnce(t *testing.T) {
	b := startBroker(t, 3)
	b.produce(1000)
	table := newFakeTable()
	s := b.startSink(table)
	b.exact(table)
	st := s.Status()
	require.Equal(t, commits.StateRunning, st.State)
	require.Equal(t, topology.PostEventsSink, st.Group)
	require.Len(t, st.Partitions, 3)
	require.Zero(t, st.Lag)
	require.Equal(t, b.account(), st.Accounting)
	require.True(t, st.Accounting.Balanced())
	require.Positive(t, st.Accounting.Replay, "there were repeats")
	require.Positive(t, st.Accounting.Dead, "there was poison")

	s.stop()
	require.Equal(t, commits.StateStopped, s.Status().State)
	require.Empty(t, b.members(), "a sink that stops leaves the group")

	b.produce(300)
	b.startSink(table)
	b.startSink(table)
	b.exact(table)
	b.produce(300)
	b.exact(table)
}

// A crash between any two steps: the next sink finishes what was announced.
func TestSinkCrashAtEachStep(t *testing.T) {
	for _, crash := range []struct {
		step string
		nth  int64 // how often the step is passed before the crash
	}{
		{beforeAnnounce, 0},
		{afterAnnounce, 0},
		{beforeInsert, 0},
		{afterInsert, 0},
		{beforeInsert, 1},
		{afterInsert, 1},
		{beforeCommit, 0},
		{afterCommit, 0},
		{beforeAnnounce, 3},
		{afterAnnounce, 3},
		{beforeInsert, 6},
		{afterInsert, 6},
		{beforeInsert, 7},
		{afterInsert, 7},
		{beforeCommit, 3},
		{afterCommit, 3},
	} {
		t.Run(crash.step, func(t *testing.T) {
			b := startBroker(t, 1)
			b.produce(900) // batches of 200, each over two months
			table := newFakeTable()
			b.crashAt(table, crash.step, crash.nth)

			// The next one draws other batches.
			b.startSink(table, func(s *running) { s.cfg.BatchRecords = 77 })
			b.exact(table)
			if crash.step == afterInsert || crash.step == beforeCommit {
				require.Positive(t, table.repeats, "a block that had landed is sent again")
			}
		})
	}
}

// crashAt runs a sink that dies at a step, passed nth times before.
func (b *broker) crashAt(table Table, step string, nth int64) {
	b.t.Helper()
	var passed atomic.Int64
	var victim *running
	b.startSink(table, briefly, func(r *running) { victim = r }, stepping(func(at string, _ *Block) error {
		if at != step || passed.Add(1) <= nth {
			return nil
		}
		victim.kill()
		return errors.New("killed")
	}))
	<-victim.stopped
	b.evict(b.members()...)
}

// A sink freezes with a batch in its hands; another one owns the partition when it wakes. It asks, is refused, and does
// not insert.
func TestLateSinkAnnouncesInVain(t *testing.T) {
	b := startBroker(t, 1)
	table := newFakeTable()
	b.produce(500)
	frozen, wake := make(chan struct{}), make(chan struct{})
	var announces, inserts, refused atomic.Int64
	b.startSink(table, stepping(func(step string, _ *Block) error {
		switch {
		case step == beforeAnnounce && announces.Add(1) == 2:
			close(frozen)
			<-wake
		case step == beforeInsert && announces.Load() > 1:
			inserts.Add(1)
		}
		return nil
	}), stubborn(&refused))
	<-frozen
	b.evict(b.members()...)
	b.startSink(table, func(s *running) { s.cfg.BatchRecords = 77 })
	b.exact(table)
	close(wake)
	require.Eventually(t, func() bool { return refused.Load() == 1 }, 10*time.Second, time.Millisecond)
	require.Zero(t, inserts.Load(), "what was not announced is not inserted")
	b.exact(table)
}

// A sink freezes after its announcement was accepted. The next owner writes the range; the late insert is known by its
// token, and the commit after it refused.
func TestLateSinkInsertsInVain(t *testing.T) {
	b := startBroker(t, 1)
	table := newFakeTable()
	b.produce(500)
	frozen, wake, late := make(chan struct{}), make(chan struct{}), make(chan string, 1)
	var inserts, refused atomic.Int64
	b.startSink(table, stepping(func(step string, block *Block) error {
		switch {
		case step == beforeInsert && inserts.Add(1) == 2:
			close(frozen)
			<-wake
		case step == afterInsert && inserts.Load() == 2:
			late <- block.Token()
		}
		return nil
	}), stubborn(&refused))
	<-frozen
	b.evict(b.members()...)
	b.startSink(table, func(s *running) { s.cfg.BatchRecords = 77 })
	b.exact(table)
	repeats := table.repeats
	close(wake)
	require.True(t, table.tokens[<-late])
	require.Equal(t, repeats+1, table.repeats, "the late insert has arrived")
	require.Eventually(t, func() bool { return refused.Load() == 1 }, 10*time.Second, time.Millisecond)
	b.exact(table)
}

// ClickHouse fails for a while, in every way: nothing is lost, the member keeps its place, the state says so.
func TestSinkWaitsForClickHouse(t *testing.T) {
	t.Parallel()
	b := startBroker(t, 2)
	table := newFakeTable()
	var away atomic.Bool
	var refused atomic.Int64
	table.fault = func(string, *Block) error {
		if away.Load() {
			refused.Add(1)
			return errors.New("ClickHouse is away")
		}
		return nil
	}
	s := b.startSink(table)
	b.produce(300)
	b.drained()
	epoch, members := b.GroupInfo(groupName).Epoch, b.members()

	away.Store(true)
	b.produce(300)
	require.Eventually(t, func() bool { return refused.Load() > 100 }, 30*time.Second, 10*time.Millisecond)
	st := s.Status()
	require.Equal(t, commits.StateWaiting, st.State)
	require.Contains(t, st.LastError, "ClickHouse is away")
	require.Positive(t, st.Lag)
	time.Sleep(3 * time.Second) // longer than the session timeout
	require.Equal(t, epoch, b.GroupInfo(groupName).Epoch, "no rebalance")
	require.Equal(t, members, b.members())

	away.Store(false)
	b.exact(table)
	require.Equal(t, commits.StateRunning, s.Status().State)
	require.Empty(t, s.Status().LastError)

	// It also ends in good time while the server is away.
	away.Store(true)
	b.produce(300)
	require.Eventually(t, func() bool { return s.Status().State == commits.StateWaiting }, 10*time.Second, time.Millisecond)
	begun := time.Now()
	s.stop()
	require.Less(t, time.Since(begun), 4*time.Second)
	away.Store(false)
	b.startSink(table)
	b.exact(table)
}
