package consume

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/nova-social/nova-streams/internal/commits"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func TestEverythingIsHandledAndAccountedFor(t *testing.T) {
	w := newWorld(t, 3)
	w.produce(100)
	c := w.start(func(_ *running, batch []Record) error {
		if len(batch) > 20 {
			t.Errorf("a batch of %d", len(batch))
		}
		w.handle(batch)
		return nil
	})
	w.requireAll()
	w.produce(37)
	w.requireAll()
	require.Zero(t, w.repeats())
	require.Equal(t, Status{State: commits.StateRunning}, c.Status())
	want := map[string]int{}
	for p := range w.next {
		for offset := int64(7); offset < w.next[p]; offset += 10 {
			want[fmt.Sprintf("%d/%d", p, offset)] = 1
		}
	}
	require.Equal(t, want, w.letters())
	c.end()
}

// What a handler fails at stays where it is for three sessions of the group, in order, while another partition goes on; the
// place in the group is kept.
func TestAHandlerThatFailsLosesNothing(t *testing.T) {
	w := newWorld(t, 2)
	broken := errors.New("Redis is away")
	var failures, others atomic.Int64
	var heals atomic.Pointer[time.Time]
	var mu sync.Mutex
	var order []int64 // of partition 0
	c := w.start(func(_ *running, batch []Record) error {
		if batch[0].Partition != 0 {
			others.Add(int64(len(batch)))
			w.handle(batch)
			return nil
		}
		if at := heals.Load(); at == nil || time.Now().Before(*at) {
			failures.Add(1)
			return broken
		}
		w.handle(batch)
		mu.Lock()
		defer mu.Unlock()
		for _, r := range batch {
			order = append(order, r.Offset)
		}
		return nil
	})
	w.produce(200)
	require.Eventually(t, func() bool { return others.Load() == int64(len(w.wanted)/2) }, 10*time.Second, 5*time.Millisecond, "the other partition, %s", &w.log)
	require.Equal(t, Status{State: commits.StateWaiting, LastError: broken.Error()}, c.Status())
	at := time.Now().Add(3 * time.Second)
	heals.Store(&at)
	w.requireAll()
	require.Greater(t, failures.Load(), int64(20))
	require.Zero(t, w.repeats())
	require.IsIncreasing(t, order)
	require.Equal(t, Status{State: commits.StateRunning}, c.Status())
	require.Equal(t, 1, strings.Count(w.log.String(), "going on trying"), "%s", &w.log)
	require.Equal(t, 1, strings.Count(w.log.String(), fmt.Sprint("failures=", failures.Load())), "%s", &w.log)
	require.NotContains(t, w.log.String(), "lost the place")
}

// A process that dies after its work and before its commit leaves all of it to the next.
func TestWorkThatWasNotCommittedIsDoneAgain(t *testing.T) {
	w := newWorld(t, 2)
	w.produce(100)
	var did atomic.Int64
	first := w.start(func(r *running, batch []Record) error {
		w.handle(batch)
		if did.Add(1) == 3 {
			r.kill()
		}
		return nil
	})
	<-first.stopped
	require.GreaterOrEqual(t, did.Load(), int64(3))
	require.Less(t, w.account().In, w.want.In)
	w.start(func(_ *running, batch []Record) error { w.handle(batch); return nil })
	w.requireAll()
	require.NotZero(t, w.repeats())
}

// Members come, go and die while records come and handlers fail.
func TestMembersThatComeAndGoLoseNothing(t *testing.T) {
	w := newWorld(t, 4)
	rng := rand.New(rand.NewPCG(1, 2))
	var calls, failed atomic.Int64
	handle := func(_ *running, batch []Record) error {
		if calls.Add(1)%5 == 0 {
			failed.Add(1)
			return errors.New("now and then")
		}
		w.handle(batch)
		return nil
	}
	members := []*running{w.start(handle), w.start(handle)}
	for round := range 6 {
		w.produce(60)
		time.Sleep(time.Duration(rng.IntN(300)) * time.Millisecond)
		i := rng.IntN(len(members))
		if round%3 == 2 {
			members[i].kill()
			<-members[i].stopped
		} else {
			members[i].end()
		}
		members[i] = w.start(handle)
	}
	w.requireAll()
	require.NotZero(t, failed.Load())
}

// What is committed lies outside of what the topic holds: it goes on with what is there.
func TestAGroupThatWasAwayTooLongGoesOn(t *testing.T) {
	w := newWorld(t, 1)
	w.produce(30)
	c := w.start(func(_ *running, batch []Record) error { w.handle(batch); return nil })
	w.requireAll()
	c.end()
	before := len(w.handled)
	w.produce(60)
	w.deleteBefore(50)
	w.start(func(_ *running, batch []Record) error { w.handle(batch); return nil })
	lost := 0
	for offset := 30; offset < 50; offset++ {
		if offset%10 != 7 && offset%3 != 0 {
			lost++
		}
	}
	require.Eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.handled) == len(w.wanted)-lost
	}, 10*time.Second, 10*time.Millisecond)
	require.Greater(t, len(w.handled), before)
	require.Contains(t, w.log.String(), "partition=0 records=20")
}

// What is committed is of a topic that is no more: all of this one is new.
func TestATopicThatWasMadeAnewIsReadFromItsStart(t *testing.T) {
	w := newWorld(t, 1)
	w.produce(30)
	var offsets kadm.Offsets
	meta := schemas.CommitMeta{Accounting: schemas.Accounting{In: 1000, Applied: 1000}}
	offsets.Add(kadm.Offset{Topic: prefix + string(topology.Activity), At: 1000, LeaderEpoch: -1, Metadata: meta.Encode()})
	_, err := kadm.NewClient(w.client).CommitOffsets(t.Context(), prefix+"seen", offsets)
	require.NoError(t, err)
	w.start(func(_ *running, batch []Record) error { w.handle(batch); return nil })
	require.Eventually(t, func() bool { return strings.Contains(w.log.String(), "committed=1000 end=30") }, 10*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		return len(w.handled) == len(w.wanted)
	}, 10*time.Second, 10*time.Millisecond)
	w.requireAll()
}

// TestConsumerOutsideItsGroup does not say that it runs: the group is never done with a rebalance.
func TestConsumerOutsideItsGroup(t *testing.T) {
	w := newWorld(t, 1)
	var asked atomic.Int32
	w.ControlKey(int16(kmsg.JoinGroup), func(r kmsg.Request) (kmsg.Response, error, bool) {
		w.KeepControl()
		asked.Add(1)
		answer := r.ResponseKind()
		if join, ok := answer.(*kmsg.JoinGroupResponse); ok {
			join.ErrorCode = kerr.RebalanceInProgress.Code
		}
		return answer, nil, true
	})
	c := w.start(func(*running, []Record) error { return nil })
	for asked.Load() < 20 {
		require.Equal(t, commits.StateStarting, c.Status().State)
		time.Sleep(time.Millisecond)
	}
}
