package scores_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/processors/scores"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

var window = engagement.Window{Length: time.Hour, Bucket: 10 * time.Second, Lateness: 15 * time.Minute}

func TestEngagement_counts_for_the_lifetime_and_in_its_bucket(t *testing.T) {
	b := processorstest.New(t, topology.ScoresGroup(processorstest.Codecs(t)), scores.Config{Window: window}.On)
	root := time.UnixMilli(1_800_000_000_000)
	in := func(a engagement.Action, delta int32, age time.Duration) schemas.Outcome {
		return b.In("p", root, &schemas.Engagement{PostID: "p", Action: a, Delta: delta, EventTime: root.Add(-age).UnixMilli(), RootTime: root.UnixMilli()})
	}
	require.Equal(t, schemas.Applied, in(engagement.View, 1, 0))
	require.Equal(t, schemas.Applied, in(engagement.Like, 1, 5*time.Second))
	require.Equal(t, schemas.Applied, in(engagement.Like, 1, 75*time.Minute), "an hour and a quarter is not too late")
	require.Equal(t, schemas.Late, in(engagement.Share, 1, 75*time.Minute+time.Millisecond))
	require.Equal(t, schemas.Applied, in(engagement.Like, -1, 5*time.Second), "taken back where it was counted")

	row := b.Row("p").(*schemas.ScoreRow)
	require.Equal(t, engagement.Counts{Views: 1, Likes: 1, Shares: 1}, row.Lifetime)
	require.Equal(t, root.UnixMilli(), row.LastEngagement)
	at := root.UnixMilli()
	require.Equal(t, []engagement.Bucket{
		{Start: at - 75*60_000, Last: at - 75*60_000, Counts: engagement.Counts{Likes: 1}},
		{Start: at - 10_000, Last: at - 5_000, Counts: engagement.Counts{}},
		{Start: at, Last: at, Counts: engagement.Counts{Views: 1}},
	}, row.Buckets)
}

func TestUnreadable_is_refused(t *testing.T) {
	codecs := processorstest.Codecs(t)
	b := processorstest.New(t, topology.ScoresGroup(codecs), scores.Config{Window: window}.On)
	// the tester encodes with the input's codec; a null value is what it passes on as it is
	require.Equal(t, schemas.Dead, b.In("p", time.UnixMilli(0), nil))
	_, got := b.Out(topology.EngagementsDLQ)
	require.Equal(t, schemas.ReasonNullValue, got[0].(*schemas.DeadLetter).Reason)
	require.Equal(t, int64(-1), got[0].(*schemas.DeadLetter).ValueSize)
}
