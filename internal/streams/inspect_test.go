package streams

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/nova-social/nova-streams/schemas"
)

// The lag is what is still to be read: from the first record there is, not from 0, and not into a topic that is no more.
func TestInspector_tells_the_real_lag(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	i, err := NewInspector(b.cfg.Brokers, "")
	require.NoError(t, err)
	defer i.Close()
	look := func() GroupStatus {
		t.Helper()
		groups, err := i.Groups(t.Context(), []Input{{group, inTopic}})
		require.NoError(t, err)
		return groups[0]
	}
	b.produce()
	_, err = b.admin.DeleteRecords(t.Context(), kadm.Offsets{inTopic: {0: {Topic: inTopic, Partition: 0, At: 10}}})
	require.NoError(t, err)
	before := look()
	require.EqualValues(t, records-10, before.Lag(), "the log holds no more")
	require.EqualValues(t, -1, before.Partitions[0].Committed)
	require.Empty(t, before.Partitions[0].Owner)
	require.Zero(t, before.Members)

	stop := b.start(b.ours(adderGraph, addUp))
	require.Eventually(t, func() bool { return look().Lag() == 0 }, 20*time.Second, 20*time.Millisecond)
	after := look()
	require.Equal(t, 1, after.Members)
	require.Equal(t, schemas.MaxCommitMeta, after.MetaLimit)
	for _, p := range after.Partitions {
		require.Equal(t, "one", p.Owner)
		require.Equal(t, p.End, p.Committed)
		require.Len(t, p.Meta.Encode(), p.MetaBytes)
	}
	require.EqualValues(t, records-10, after.Accounting().In)
	require.NoError(t, stop())

	_, err = b.admin.DeleteTopic(t.Context(), inTopic)
	require.NoError(t, err)
	_, err = i.Groups(t.Context(), []Input{{group, inTopic}})
	require.ErrorIs(t, err, ErrNoTopic)
	_, err = Provision(t.Context(), b.cfg.Brokers, []TopicSpec{{Name: inTopic, Partitions: 2, Replication: 1}})
	require.NoError(t, err)
	require.Zero(t, look().Lag(), "the new topic is empty")
}
