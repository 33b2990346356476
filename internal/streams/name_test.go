package streams

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kgo"
)

// broken runs a stage that has done all there is and then failed; it rests for two seconds before it is built again.
func (b *bench) broken() (s *Stage, ended chan error) {
	b.t.Helper()
	b.produce()
	cfg := b.cfg
	cfg.BackoffMin, cfg.BackoffMax = 2*time.Second, 2*time.Second
	s, err := New(cfg, adderGraph, addAndPass, Options{})
	require.NoError(b.t, err)
	ended = make(chan error, 1)
	go func() { ended <- s.Run(b.t.Context()) }()
	b.eventually("first done", func() bool { return b.committed(group) == records })
	s.fail(errors.New("broken on purpose"))
	b.eventually("broken", func() bool { return s.Status().State == Waiting })
	return s, ended
}

// A process whose stage is built again ends if another has taken its name meanwhile; the other is not disturbed.
func TestName_taken_while_a_stage_is_built_again(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	_, ended := b.broken()
	heir, stop := b.stage(b.cfg.Instance)
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })
	select {
	case err := <-ended:
		require.ErrorIs(t, err, ErrFenced)
	case <-time.After(20 * time.Second):
		t.Fatal("the replaced process goes on")
	}
	b.produce()
	b.eventually("third done", func() bool { return b.committed(group) == 3*records })
	require.Zero(t, heir.Status().Rebuilds, heir.Status().LastError)
	require.NoError(t, stop())
	require.Equal(t, 3*records, total(b.sums(group+"-table")))
}

// A name is nobody's if nobody speaks for it: its holder may be this stage itself, under an id it was never told.
func TestName_held_by_one_that_is_silent_is_taken_back(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	old, ended := b.broken()
	silent, err := kgo.NewClient(kgo.SeedBrokers(b.cfg.Brokers...), kgo.ConsumerGroup(group), kgo.InstanceID(b.cfg.Instance),
		kgo.ConsumeTopics(inTopic), kgo.Balancers(kgo.CooperativeStickyBalancer()), kgo.SessionTimeout(b.cfg.SessionTimeout), kgo.DisableAutoCommit())
	require.NoError(t, err)
	b.eventually("silent one in", func() bool { id, _ := silent.GroupMetadata(); return id != "" })
	silent.CloseAllowingRebalance()
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })
	require.Empty(t, ended)
	require.EqualValues(t, 1, old.Status().Rebuilds)
}

// A process that is stopped after another has taken its name does not take the other out of the group.
func TestName_of_the_heir_stays_when_its_predecessor_leaves(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	b.produce()
	old, stopOld := b.stage(b.cfg.Instance)
	b.eventually("first done", func() bool { return b.committed(group) == records })
	require.NoError(t, stopOld())
	heir, stop := b.stage(b.cfg.Instance)
	b.produce()
	b.eventually("second done", func() bool { return b.committed(group) == 2*records })
	late, err := openSession(t.Context(), old) // the leave of the old one, late
	require.NoError(t, err)
	late.leave()
	late.close()
	b.produce()
	b.eventually("third done", func() bool { return b.committed(group) == 3*records })
	require.Zero(t, heir.Status().Rebuilds, heir.Status().LastError)
	require.NoError(t, stop())
}
