package streams

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/tablestore"
	"github.com/nova-social/nova-streams/internal/testbuffer"
	"github.com/nova-social/nova-streams/schemas"
)

// stage runs a stage under an instance name of its own.
func (b *bench) stage(instance string) (s *Stage, stop func() error) {
	b.t.Helper()
	cfg := b.cfg
	cfg.Instance = instance
	s, err := New(cfg, adderGraph, addAndPass, Options{})
	require.NoError(b.t, err)
	return s, b.start(s.Run)
}

// tasks returns the tasks a stage has now, by partition.
func tasks(s *Stage) map[int32]*task {
	own := map[int32]*task{}
	if se := s.session.Load(); se != nil {
		for p := range se.owned() {
			if p.open.Load() {
				own[p.n] = p.task
			}
		}
	}
	return own
}

// A second member takes its share; what stays with the first goes on in the same task, without a pause.
func TestMember_gives_away_only_what_moves(t *testing.T) {
	t.Parallel()
	b := newBench(t, 4)
	b.produce()
	one, stopOne := b.stage("one")
	b.eventually("first done", func() bool { return b.committed(group) == records })
	before := tasks(one)
	require.Len(t, before, 4)
	two, stopTwo := b.stage("two")
	b.eventually("shared", func() bool { return len(tasks(one)) == 2 && len(tasks(two)) == 2 })
	for p, task := range tasks(one) {
		require.Same(t, before[p], task, "partition %d stayed", p)
		require.NotContains(t, tasks(two), p)
	}
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })

	// A member that is asked to end leaves at once, though the group knows it by name.
	began := time.Now()
	require.NoError(t, stopTwo())
	b.eventually("taken back", func() bool { return len(tasks(one)) == 4 })
	require.Less(t, time.Since(began), b.cfg.SessionTimeout)
	b.produce()
	b.eventually("third done", func() bool { return b.committed(group) == 3*records })
	require.NoError(t, stopOne())
	require.Equal(t, 3*records, total(b.sums(group+"-table")))
	require.Len(t, b.read(outTopic), 3*records)
	require.Empty(t, one.Status().LastError)
}

// A partition that was given away before its turn to be fetched came is not fetched, nor is its successor too early.
func TestSession_opens_no_partition_that_was_given_away(t *testing.T) {
	se := &session{parts: make([]atomic.Pointer[part], 1)}
	gone, newer := &part{}, &part{}
	se.openFeed(gone)
	se.parts[0].Store(newer)
	se.openFeed(gone)
	require.False(t, gone.open.Load())
	require.False(t, newer.open.Load())
}

// Whoever joins under the name of another replaces it, and the other ends.
func TestMember_ends_when_it_is_replaced(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.produce()
	one, err := New(b.cfg, adderGraph, addAndPass, Options{})
	require.NoError(t, err)
	ended := make(chan error, 1)
	go func() { ended <- one.Run(t.Context()) }()
	b.eventually("first done", func() bool { return b.committed(group) == records })
	_, stop := b.stage(b.cfg.Instance)
	select {
	case err := <-ended:
		require.ErrorIs(t, err, ErrFenced)
		require.ErrorContains(t, err, `"one"`)
	case <-time.After(10 * time.Second):
		t.Fatal("the replaced member goes on")
	}
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })
	require.NoError(t, stop())
	require.Equal(t, 2*records, total(b.sums(group+"-table")))
}

// A rebuilt stage reads nothing of a table it has kept; one that stands by has read it before it takes over.
func TestTable_is_kept(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.produce()
	one, stop := b.stage("one")
	b.eventually("done", func() bool { return b.committed(group) == records })
	rows := int64(len(b.read(group + "-table")))
	one.fail(errors.New("broken on purpose"))
	b.eventually("rebuilt", func() bool {
		st := one.Status()
		return st.Rebuilds == 1 && st.State == Running && len(st.Partitions) == 1
	})
	require.Equal(t, Progress{From: rows, At: rows, To: rows}, one.Status().Partitions[0].Recovery)
	require.EqualValues(t, 10, one.Status().Partitions[0].Rows)
	require.Zero(t, one.Status().Partitions[0].Commits, "nothing came since it was taken over")

	b.cfg.Standby, b.cfg.Metrics, b.cfg.BackoffMax = true, NewMetrics(prometheus.NewRegistry()), b.cfg.BackoffMin
	fault := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Fetch}, Topic: group + "-table", Err: kerr.TopicAuthorizationFailed, Count: 3})
	two, _ := b.stage("two")
	b.eventually("followed", func() bool {
		return testutil.ToFloat64(b.cfg.Metrics.recovered.WithLabelValues(group)) == float64(rows)
	})
	require.Equal(t, 3, fault.Hits(), "it is tried again")
	require.NoError(t, stop())
	b.eventually("taken over", func() bool { st := two.Status(); return st.State == Running && len(st.Partitions) == 1 })
	require.Equal(t, rows, two.Status().Partitions[0].Recovery.From)
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })
	b.eventually("rows written", func() bool { return total(b.sums(group+"-table")) == 2*records })
	require.Positive(t, two.Status().Partitions[0].Commits)
}

// A group whose offsets are gone reads its input again, says so, and its rows absorb what they have seen.
func TestOffsets_gone_are_told(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	var said testbuffer.Buffer
	b.cfg.Log = slog.New(slog.NewTextHandler(&said, nil))
	b.produce()
	_, stop := b.stage("one")
	b.eventually("done", func() bool { return b.committed(group) == records })
	require.NoError(t, stop())
	const line = "no committed offsets though its table has rows"
	require.NotContains(t, said.String(), line)
	_, err := b.admin.DeleteGroups(t.Context(), group)
	require.NoError(t, err)
	_, stop = b.stage("one")
	b.eventually("done again", func() bool { return b.committed(group) == records })
	require.NoError(t, stop())
	require.Equal(t, 1, strings.Count(said.String(), line), said.String())
	require.Contains(t, said.String(), `partitions="[0 1]"`)
	require.Equal(t, wantSums(), b.sums(group+"-table"))
}

// A topic made again is read from its start, and counts on top of what its predecessor brought.
func TestTopic_created_again_counts_on(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.produce()
	s, _ := b.stage("one")
	b.eventually("drained", func() bool { return b.committed(group) == records })
	_, err := b.admin.DeleteTopics(t.Context(), inTopic)
	require.NoError(t, err)
	_, err = b.admin.CreateTopic(t.Context(), 2, 1, nil, inTopic)
	require.NoError(t, err)
	b.eventually("noticed", func() bool {
		st := s.Status()
		return st.Rebuilds > 0 && st.State == Running && len(st.Partitions) == 2
	})
	require.ErrorIs(t, s.Status().LastError, errTopicNew)
	b.client, err = kgo.NewClient(kgo.SeedBrokers(b.cfg.Brokers...)) // the old one holds on to the old topic
	require.NoError(t, err)
	t.Cleanup(b.client.Close)
	b.produce()
	b.eventually("both counted", func() bool { return total(b.sums(group+"-table")) == 2*records })
	b.eventually("committed", func() bool { return b.committed(group) == records })
	cps, err := fetchCheckpoints(t.Context(), b.client, group, inTopic)
	require.NoError(t, err)
	sum := schemas.Accounting{}
	for _, at := range cps {
		require.EqualValues(t, 1, at.meta.Epoch)
		sum.Add(at.meta.Accounting)
	}
	require.Equal(t, schemas.Accounting{In: records, Applied: records}, sum, "of the new topic")
}

// More partitions move keys away from their rows: the group stops and says so.
func TestPartitions_added_stop_the_stage(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.produce()
	s, _ := b.stage("one")
	b.eventually("done", func() bool { return b.committed(group) == records })
	_, err := b.admin.CreatePartitions(t.Context(), 1, inTopic)
	require.NoError(t, err)
	b.eventually("stopped", func() bool { return s.Status().State == Failed })
	require.ErrorIs(t, s.Status().LastError, ErrPartitions)
}

// A row that somebody else wrote behind the owner's is outdone at once.
func TestForeignRow_is_outdone(t *testing.T) {
	t.Parallel()
	for _, busy := range []bool{false, true} {
		t.Run(fmt.Sprintf("busy %v", busy), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1)
			b.produce()
			s, _ := b.stage("one")
			b.eventually("done", func() bool { return b.committed(group) == records })
			old, err := tallyCodec{}.Encode(&tally{Sum: 1, At: schemas.Position{Offset: 3}})
			require.NoError(t, err)
			require.NoError(t, b.client.ProduceSync(t.Context(),
				&kgo.Record{Topic: group + "-table", Key: []byte("k3"), Value: old},
				&kgo.Record{Topic: group + "-table", Key: []byte("k4"), Headers: tombstone(schemas.Position{Offset: 4})},
			).FirstErr())
			want := wantSums()
			if busy { // another key is written behind it
				require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: inTopic, Key: []byte("k5"), Value: []byte(`{"ID":"x","Key":"k5","Delta":1}`)}).FirstErr())
				want["k5"]++
			}
			b.eventually("noticed", func() bool { return s.Status().Rebuilds > 0 })
			require.ErrorIs(t, s.Status().LastError, ErrForeignWriter)
			b.eventually("outdone", func() bool { return total(b.sums(group+"-table")) == total(want) })
			require.Equal(t, want, b.sums(group+"-table"))
		})
	}
}

// A record in a partition its key does not belong to goes round, if the group writes its own input.
func TestMisplacedRecord_goes_round(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.client = manual(t, b)
	for p := range int32(2) {
		v, err := jsonCodec[note]{}.Encode(note{ID: strconv.Itoa(int(p)), Key: "k", Delta: 1})
		require.NoError(t, err)
		require.NoError(t, b.client.ProduceSync(t.Context(), &kgo.Record{Topic: inTopic, Partition: p, Key: []byte("k"), Value: v}).FirstErr())
	}
	s, err := New(b.cfg, roundGraph, addUp, Options{})
	require.NoError(t, err)
	b.start(s.Run)
	b.eventually("three read", func() bool { return b.committed(group) == 3 })
	require.Equal(t, map[string]int{"k": 2}, b.sums(group+"-table"))
}

func manual(t *testing.T, b *bench) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	require.NoError(t, err)
	t.Cleanup(cl.Close)
	b.admin = kadm.NewClient(cl)
	return cl
}

// A table on disk reads after a restart only what it missed; corrupt files are read anew; a full disk is waited out.
func TestTable_on_disk(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.cfg.Disk, b.cfg.DataDir = []string{group}, t.TempDir()
	b.cfg.BackoffMin, b.cfg.BackoffMax = 20*time.Millisecond, 50*time.Millisecond
	b.produce()
	_, stop := b.stage("one")
	b.eventually("done", func() bool { return b.committed(group) == records })
	require.NoError(t, stop())
	rows := int64(len(b.read(group + "-table")))

	again, stop := b.stage("one")
	b.eventually("running", func() bool { st := again.Status(); return st.State == Running && len(st.Partitions) == 1 })
	require.Equal(t, rows, again.Status().Partitions[0].Recovery.From)
	require.Positive(t, again.Status().Partitions[0].Disk)
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })
	require.NoError(t, stop())

	files, err := filepath.Glob(filepath.Join(b.cfg.DataDir, "one", group, "0", "*.sst"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		require.NoError(t, os.Truncate(f, 10))
	}
	anew, stop := b.stage("one")
	b.produce()
	b.eventually("third done", func() bool { return b.committed(group) == 3*records })
	b.eventually("rows written", func() bool { return total(b.sums(group+"-table")) == 3*records })
	require.Zero(t, anew.Status().Partitions[0].Recovery.From, "read from the start")
	require.NoError(t, stop())

	b.cfg.Controls.DiskQuota = 1 // nothing can be written
	full, stop := b.stage("one")
	b.eventually("told", func() bool { return errors.Is(full.Status().LastError, tablestore.ErrFull) })
	require.NoError(t, stop())
	b.cfg.Controls.DiskQuota = 0
	b.stage("one")
	b.produce()
	b.eventually("fourth done", func() bool { return b.committed(group) == 4*records })
	b.eventually("rows written", func() bool { return total(b.sums(group+"-table")) == 4*records })
}
