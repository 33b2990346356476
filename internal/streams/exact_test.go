package streams

import (
	"context"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/schemas"
)

// Every piece is shown twice: goka as it is goes wrong, the stage does not. A failure is injected by the broker and its
// hits are counted, so that a test in which it did not fire fails.

func (b *bench) refuse(topic string) *kfake.FaultHandle {
	return b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: topic, Err: kerr.NotLeaderForPartition, Count: -1})
}

func (b *bench) refuseCommits() *kfake.FaultHandle {
	return b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.OffsetCommit}, Err: kerr.NotCoordinator, Count: -1})
}

// crash stops a runner as a SIGKILL would look to Kafka: with the faults in force, nothing more gets through.
func (b *bench) crash(stop func() error, faults ...*kfake.FaultHandle) {
	_ = stop()
	for _, f := range faults {
		require.Positive(b.t, f.Hits(), "the fault must have fired")
		f.Remove()
	}
}

// An output that fails for good must be sent again by the next life, whatever later records did.
func TestWatermark_holds_behind_a_failed_output(t *testing.T) {
	t.Parallel()
	only5 := func(ctx goka.Context, msg any) schemas.Outcome {
		n := msg.(*note)
		if n.ID == "5" {
			ctx.Emit(outTopic, n.Key, n)
		}
		return addUp(ctx, msg)
	}
	run := func(t *testing.T, of func(*bench) runner) (committed int64, emitted int) {
		t.Helper()
		b := newBench(t, 1)
		b.produce()
		refused := b.refuse(outTopic)
		stop := b.start(of(b))
		b.eventually("all rows written", func() bool { return total(b.sums(group+"-table")) >= records || refused.Hits() > 12 })
		time.Sleep(2 * time.Second) // longer than goka's ten retries
		b.crash(stop, refused)
		committed = b.committed(group)
		stop = b.start(of(b))
		b.eventually("all committed", func() bool { return b.committed(group) == records })
		_ = stop()
		return committed, len(b.read(outTopic))
	}
	t.Run("goka", func(t *testing.T) {
		t.Parallel()
		committed, emitted := run(t, func(b *bench) runner { return b.plain(adderGraph, only5) })
		require.Greater(t, committed, int64(5), "goka commits past the record whose output failed")
		require.Zero(t, emitted, "and never sends that output")
	})
	t.Run("stage", func(t *testing.T) {
		t.Parallel()
		committed, emitted := run(t, func(b *bench) runner { return b.ours(adderGraph, only5) })
		require.LessOrEqual(t, committed, int64(5))
		require.Equal(t, 1, emitted)
	})
}

// Rows and outputs are durable, the commit is not: the next life must not add anything again.
func TestRows_know_what_they_have_seen(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, of func(*bench) runner) map[string]int {
		t.Helper()
		b := newBench(t, 2)
		b.produce()
		refused := b.refuseCommits()
		stop := b.start(of(b))
		b.eventually("all rows written", func() bool { return total(b.sums(group+"-table")) == records && len(b.read(outTopic)) == records })
		b.eventually("a commit was refused", func() bool { return refused.Hits() > 0 })
		b.crash(stop, refused)
		require.Zero(t, b.committed(group))
		stop = b.start(of(b))
		b.eventually("all committed", func() bool { return b.committed(group) == records })
		_ = stop()
		return b.sums(group + "-table")
	}
	t.Run("goka", func(t *testing.T) {
		t.Parallel()
		got := run(t, func(b *bench) runner { return b.plain(adderGraph, addAndPass) })
		require.Equal(t, 2*records, total(got), "goka counts the replay again")
	})
	t.Run("stage", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, wantSums(), run(t, func(b *bench) runner { return b.ours(adderGraph, addAndPass) }))
	})
}

// Outputs are durable, rows and commit are not: the next life repeats the outputs, and the stage behind drops them.
func TestOrigins_drop_what_an_emitter_repeats(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, of func(*bench, func(goka.ProcessCallback) *goka.GroupGraph, Verb) runner) (*bench, map[string]int) {
		t.Helper()
		b := newBench(t, 2)
		b.produce()
		commits, rows := b.refuseCommits(), b.refuse(group+"-table")
		stop := b.start(of(b, adderGraph, addAndPass))
		b.eventually("all outputs written", func() bool { return len(b.read(outTopic)) == records })
		b.eventually("a row was refused", func() bool { return rows.Hits() > 0 })
		_ = stop()
		require.Positive(t, rows.Hits())
		commits.Remove()
		rows.Remove()
		require.Zero(t, b.committed(group))
		stop = b.start(of(b, adderGraph, addAndPass))
		sum := b.start(of(b, sumGraph, addUp))
		b.eventually("all committed", func() bool { return b.committed(group) == records && b.committed("sum") == 2*records })
		_, _ = stop(), sum()
		require.Equal(t, 2*records, len(b.read(outTopic)), "the outputs were repeated")
		return b, b.sums("sum-table")
	}
	t.Run("goka", func(t *testing.T) {
		t.Parallel()
		_, got := run(t, (*bench).plain)
		require.Equal(t, 2*records, total(got), "goka counts the repeats")
	})
	t.Run("stage", func(t *testing.T) {
		t.Parallel()
		b, got := run(t, (*bench).ours)
		require.Equal(t, wantSums(), got)
		i, err := NewInspector(b.cfg.Brokers, "")
		require.NoError(t, err)
		defer i.Close()
		groups, err := i.Groups(t.Context(), []Input{{group, inTopic}, {"sum", outTopic}})
		require.NoError(t, err)
		require.Equal(t, schemas.Accounting{In: records, Applied: records}, groups[0].Accounting())
		require.Equal(t, schemas.Accounting{In: 2 * records, Applied: records, Replay: records}, groups[1].Accounting())
		require.Zero(t, groups[1].Lag())
	})
	t.Run("control: origins ignored", func(t *testing.T) {
		t.Parallel()
		_, got := run(t, func(b *bench, g func(goka.ProcessCallback) *goka.GroupGraph, v Verb) runner {
			b.cfg.Controls.IgnoreOrigins = true
			return b.ours(g, v)
		})
		require.Equal(t, 2*records, total(got), "the origin check is what makes it exact")
	})
}

// A broker that stores a batch and then answers with an error makes a plain producer store it twice.
func TestProducer_writes_once_and_in_order(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, of func(*bench) runner) []string {
		t.Helper()
		b := newBench(t, 1)
		b.produce()
		f := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: outTopic, Err: kerr.NotEnoughReplicasAfterAppend, Count: 1})
		stop := b.start(of(b))
		b.eventually("all committed", func() bool { return b.committed(group) == records })
		b.crash(stop, f)
		var ids []string
		for _, r := range b.read(outTopic) {
			v, err := jsonCodec[note]{}.Decode(r.Value)
			require.NoError(t, err)
			ids = append(ids, v.(*note).ID)
		}
		return ids
	}
	var want []string
	for i := range records {
		want = append(want, strconv.Itoa(i))
	}
	t.Run("goka", func(t *testing.T) {
		t.Parallel()
		got := run(t, func(b *bench) runner { return b.plain(adderGraph, addAndPass) })
		require.Greater(t, len(got), records, "goka's producer stored a batch twice")
	})
	t.Run("stage", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, want, run(t, func(b *bench) runner { return b.ours(adderGraph, addAndPass) }))
	})
}

// goka waits 5 s after each generation before it joins again.
func TestRebalance_has_no_fixed_pause(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, of func(*bench) runner) time.Duration {
		t.Helper()
		b := newBench(t, 2)
		b.cfg.SessionTimeout = 10 * time.Second // goka's pause alone would end a shorter session
		b.produce()
		b.start(of(b))
		b.eventually("first done", func() bool { return b.committed(group) == records })
		began := time.Now()
		b.cfg.Instance = "two"
		b.start(of(b))
		b.eventually("two members", func() bool {
			d, err := b.admin.DescribeGroups(t.Context(), group)
			require.NoError(t, err)
			return d[group].State == "Stable" && len(d[group].Members) == 2
		})
		b.produce()
		b.eventually("second done", func() bool { return b.committed(group) == 2*records })
		return time.Since(began)
	}
	t.Run("goka", func(t *testing.T) {
		t.Parallel()
		require.Greater(t, run(t, func(b *bench) runner { return b.plain(adderGraph, addUp) }), 4*time.Second)
	})
	t.Run("stage", func(t *testing.T) {
		t.Parallel()
		require.Less(t, run(t, func(b *bench) runner { return b.ours(adderGraph, addUp) }), 4*time.Second)
	})
}

// goka drops a null value without a word; a stage hands it to the codec, which says that it is unreadable.
func TestNullValue_reaches_the_verb(t *testing.T) {
	seen := make(chan int, 10)
	graph := func(on goka.ProcessCallback) *goka.GroupGraph {
		return goka.DefineGroup(group, goka.Input(inTopic, sizeCodec{}, on), goka.Output(outTopic, jsonCodec[note]{}), goka.Persist(tallyCodec{}))
	}
	verb := func(_ goka.Context, msg any) schemas.Outcome {
		seen <- msg.(int)
		return schemas.Dead
	}
	run := func(t *testing.T, of func(*bench) runner) {
		t.Helper()
		b := newBench(t, 1)
		b.null()
		b.start(of(b))
		b.eventually("committed", func() bool { return b.committed(group) == 1 })
	}
	run(t, func(b *bench) runner { return b.plain(graph, verb) })
	require.Empty(t, seen, "goka drops it")
	run(t, func(b *bench) runner { return b.ours(graph, verb) })
	require.Equal(t, -1, <-seen)
}

// A broker that is away ends goka's processor; the stage is there again when the broker is.
func TestSupervisor_rebuilds(t *testing.T) {
	t.Parallel()
	run := func(t *testing.T, of func(*bench) runner) (sums map[string]int, ended error) {
		t.Helper()
		b := newBench(t, 1)
		b.produce()
		f := b.cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.ListOffsets}, Topic: group + "-table", Err: kerr.UnknownServerError, Count: 6})
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		done := make(chan error, 1)
		go func() { done <- of(b)(ctx) }()
		for {
			select {
			case err := <-done:
				return b.sums(group + "-table"), err
			case <-time.After(50 * time.Millisecond):
			}
			if b.committed(group) == records {
				require.Positive(t, f.Hits())
				cancel()
				return b.sums(group + "-table"), <-done
			}
		}
	}
	t.Run("goka", func(t *testing.T) {
		t.Parallel()
		sums, err := run(t, func(b *bench) runner { return b.plain(adderGraph, addUp) })
		require.Error(t, err)
		require.Empty(t, sums)
	})
	t.Run("stage", func(t *testing.T) {
		t.Parallel()
		sums, err := run(t, func(b *bench) runner { return b.ours(adderGraph, addUp) })
		require.NoError(t, err)
		require.Equal(t, wantSums(), sums)
	})
}

func total(sums map[string]int) (n int) {
	for _, v := range sums {
		n += v
	}
	return n
}

// Records that were removed before they were read stop the stage; sarama by itself would go on behind the gap.
func TestLostInput_stops_the_stage(t *testing.T) {
	b := newBench(t, 1)
	b.produce()
	stop := b.start(b.ours(adderGraph, addUp))
	b.eventually("committed", func() bool { return b.committed(group) == records })
	require.NoError(t, stop())
	b.produce()
	_, err := b.admin.DeleteRecords(t.Context(), kadm.Offsets{inTopic: {0: {Topic: inTopic, Partition: 0, At: records + 10}}})
	require.NoError(t, err)

	s, err := New(b.cfg, adderGraph, addUp, Options{})
	require.NoError(t, err)
	b.start(s.Run)
	b.eventually("failed", func() bool { return s.Status().State == Failed })
	require.ErrorIs(t, s.Status().LastError, ErrInputLost)
	require.EqualValues(t, records, b.committed(group))
	require.Equal(t, wantSums(), b.sums(group+"-table"))
}
