package clickhouse

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/schemas"
)

// mustStop waits until the sink has stopped by itself with the error.
func (r *running) mustStop(want error) {
	r.t.Helper()
	select {
	case <-r.stopped:
	case <-time.After(20 * time.Second):
		r.t.Fatalf("still running, want %v", want)
	}
	require.ErrorIs(r.t, r.err, want)
	require.Equal(r.t, commits.StateFailed, r.Status().State)
	require.Contains(r.t, r.Status().LastError, want.Error())
}

func TestSinkStopsWhereTheLogWasCut(t *testing.T) {
	b := startBroker(t, 2)
	table := newFakeTable()
	b.produce(100)
	s := b.startSink(table)
	b.exact(table)
	s.stop()
	before, _, _ := table.counts()

	b.produce(100)
	require.NoError(t, b.DeleteRecords(activityTopic, 1, 101))
	b.startSink(table).mustStop(ErrOutsideLog)

	after, _, _ := table.counts()
	for id := range before {
		require.Equal(t, 1, after[id])
	}
	require.Equal(t, int64(100), b.committed()[1].next, "the offset is not reset")
}

func TestSinkStopsWhereTheLogEndsEarly(t *testing.T) {
	for name, at := range map[string]checkpoint{
		"committed": {next: 51},
		"announced": {next: 40, meta: schemas.CommitMeta{Announced: &schemas.Announcement{First: 40, Last: 50, Blocks: []schemas.AnnouncedBlock{{Part: "202411", First: 40, Last: 50}}, Columns: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 1)
			b.produce(50)
			b.commit(at)
			b.startSink(newFakeTable()).mustStop(ErrOutsideLog)
		})
	}
}

func TestSinkStopsAtARangeItCannotBuildAgain(t *testing.T) {
	for name, a := range map[string]*schemas.Announcement{
		"other parts":   {First: 40, Last: 44, Blocks: []schemas.AnnouncedBlock{{Part: "199901", First: 40, Last: 44}}, Columns: 1},
		"newer columns": {First: 40, Last: 44, Blocks: []schemas.AnnouncedBlock{{Part: "202412", First: 40, Last: 44}}, Columns: PostEvents.current + 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 1)
			b.produce(50)
			b.commit(checkpoint{next: 40, meta: schemas.CommitMeta{Announced: a}})
			table := newFakeTable()
			b.startSink(table).mustStop(ErrRangeChanged)
			require.Empty(t, table.rows)
		})
	}
}

func TestSinkStopsAtMetadataItCannotRead(t *testing.T) {
	b := startBroker(t, 1)
	b.produce(50)
	b.commitText(40, "what is this?")
	b.startSink(newFakeTable()).mustStop(commits.ErrMetadata)
}

// Offsets that are gone would make the sink write everything again.
func TestSinkStopsWhereOffsetsAreGone(t *testing.T) {
	b := startBroker(t, 1)
	table := newFakeTable()
	b.produce(50)
	s := b.startSink(table)
	b.exact(table)
	s.stop()
	req := kmsg.NewPtrDeleteGroupsRequest()
	req.Groups = []string{groupName}
	res, err := req.RequestWith(t.Context(), b.client)
	require.NoError(t, err)
	require.Zero(t, res.Groups[0].ErrorCode)

	rows := len(table.rows)
	b.startSink(table).mustStop(ErrOffsetGone)
	require.Len(t, table.rows, rows)
}

// A topic created again has offsets and tokens of its own: its records are not those of the old one.
func TestSinkReadsATopicCreatedAgain(t *testing.T) {
	b := startBroker(t, 1)
	table := newFakeTable()
	b.produce(50)
	s := b.startSink(table)
	b.exact(table)
	s.stop()
	first := len(table.rows)

	require.NoError(t, b.DeleteTopic(activityTopic))
	require.NoError(t, b.CreateTopic(activityTopic, 1, nil))
	b.sent[0] = nil
	b.client = newProducer(t, b.Cluster) // the old one still asks for the old topic
	b.produce(50)
	s = b.startSink(table)
	b.drained()
	_, _, _, account := b.recount()
	require.Equal(t, account, b.account())
	require.Equal(t, account.Applied, int64(len(table.rows)-first))
	require.NotEqual(t, table.rows[0].topicID, table.rows[first].topicID)
	s.stop()
}

// The coordinator moves, loads, refuses, or answers nothing: exact in the end.
func TestSinkSurvivesTheCoordinator(t *testing.T) {
	commits := []kmsg.Key{kmsg.OffsetCommit}
	for name, faults := range map[string][]kfake.Fault{
		"moved":                       {{Err: kerr.NotCoordinator, Count: 7}},
		"loading":                     {{Err: kerr.CoordinatorLoadInProgress, Count: 7}},
		"not available":               {{Err: kerr.CoordinatorNotAvailable, Count: 7}},
		"refused, generation":         {{Err: kerr.IllegalGeneration, Count: 3}},
		"refused, member":             {{Err: kerr.UnknownMemberID, Count: 3}},
		"refused, rebalance":          {{Err: kerr.RebalanceInProgress, Count: 3}},
		"applied, answered otherwise": {{Err: kerr.RequestTimedOut, Count: 3}},
	} {
		t.Run(name, func(t *testing.T) {
			b := startBroker(t, 2)
			table := newFakeTable()
			for i := range faults {
				faults[i].Keys = commits
			}
			h := b.Fault(faults...)
			b.produce(500)
			b.startSink(table)
			b.exact(table)
			require.GreaterOrEqual(t, h.Hits(), faults[0].Count)
		})
	}
	t.Run("cut off in the middle of commits", func(t *testing.T) {
		b := startBroker(t, 2)
		table := newFakeTable()
		n := 0
		b.ControlKey(int16(kmsg.OffsetCommit), func(kmsg.Request) (kmsg.Response, error, bool) {
			b.KeepControl()
			n++
			if n%4 == 0 && n < 24 {
				return nil, context.Canceled, true // closes the connection
			}
			return nil, nil, false
		})
		b.produce(2000)
		b.startSink(table)
		b.exact(table)
	})
}

// Asked to stop with an insert under way, the sink finishes it, commits and leaves.
func TestSinkFinishesItsBatch(t *testing.T) {
	b := startBroker(t, 1)
	table := newFakeTable()
	b.produce(150)
	inserting, release := make(chan struct{}), make(chan struct{})
	table.fault = func(step string, _ *Block) error {
		if step == "before the table" && table.inserts == 0 {
			close(inserting)
			<-release
		}
		return nil
	}
	s := b.startSink(table)
	<-inserting
	time.AfterFunc(300*time.Millisecond, func() { close(release) })
	s.stop()
	b.drained()
	require.Empty(t, b.members())
	table.fault = nil
	b.exact(table)
}

// commit commits for the group, which must have no members.
func (b *broker) commit(at checkpoint) { b.commitText(at.next, at.meta.Encode()) }

func (b *broker) commitText(offset int64, meta string) {
	b.t.Helper()
	var at kadm.Offsets
	at.Add(kadm.Offset{Topic: activityTopic, At: offset, LeaderEpoch: -1, Metadata: meta})
	require.NoError(b.t, kadm.NewClient(b.client).CommitAllOffsets(b.t.Context(), groupName, at))
}
