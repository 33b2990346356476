package reactions_test

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
	"github.com/nova-social/nova-streams/processors/applied"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/processors/reactions"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

func client(kind schemas.ReactionKind, id string, at int64) *schemas.ReactionInput {
	return &schemas.ReactionInput{
		UserID: "u", PostID: "p", Kind: kind, Source: schemas.SourceClient, CommentID: id, EventTime: at, RootTime: at + 5,
	}
}

func database(kind schemas.ReactionKind, id string, lsn, at int64) *schemas.ReactionInput {
	in := client(kind, id, at)
	in.Source, in.Position = schemas.SourceDatabase, change.Position{LSN: lsn}
	return in
}

func TestStatements_are_counted_by_the_rule(t *testing.T) {
	b := processorstest.New(t, topology.ReactionsGroup(processorstest.Codecs(t)), (&reactions.Group{Tolerance: time.Minute}).On)
	const like, comment = engagement.Like, engagement.Comment
	for _, step := range []struct {
		name   string
		in     *schemas.ReactionInput
		become schemas.Outcome
		action engagement.Action
		delta  int32
		at     int64
	}{
		{"a like of a client", client(schemas.ReactionLike, "", 100), schemas.Applied, like, 1, 100},
		{"another", client(schemas.ReactionLike, "", 110), schemas.Duplicate, 0, 0, 0},
		{"the same in the database", database(schemas.ReactionLike, "", 5, 90), schemas.Absorbed, 0, 0, 0},
		{"its end", database(schemas.ReactionUnlike, "", 7, 200), schemas.Applied, like, -1, 100},
		{"the like, written again", database(schemas.ReactionLike, "", 5, 90), schemas.Skipped, 0, 0, 0},
		{"its end, written again", database(schemas.ReactionUnlike, "", 7, 200), schemas.Duplicate, 0, 0, 0},
		{"a client that comes late", client(schemas.ReactionLike, "", 120), schemas.Absorbed, 0, 0, 0},
		{"a like again", database(schemas.ReactionLike, "", 9, 300), schemas.Applied, like, 1, 300},

		{"a comment of a client", client(schemas.ReactionComment, "", 400), schemas.Applied, comment, 1, 400},
		{"the same in the database", database(schemas.ReactionComment, "c", 10, 399), schemas.Absorbed, 0, 0, 0},
		{"another there", database(schemas.ReactionComment, "d", 11, 410), schemas.Applied, comment, 1, 410},
		{"the event that names it", client(schemas.ReactionComment, "d", 411), schemas.Absorbed, 0, 0, 0},
		{"the same again", client(schemas.ReactionComment, "d", 412), schemas.Duplicate, 0, 0, 0},
		{"the end of the first", database(schemas.ReactionUncomment, "c", 12, 500), schemas.Applied, comment, -1, 400},
		{"the first, written again", database(schemas.ReactionComment, "c", 10, 399), schemas.Skipped, 0, 0, 0},
	} {
		require.Equal(t, step.become, b.In("u:p", time.UnixMilli(1_800_000_000_000), step.in), step.name)
		keys, got := b.Out(topology.Engagements)
		if step.delta == 0 {
			require.Empty(t, got, step.name)
			continue
		}
		require.Equal(t, []string{"p"}, keys, step.name)
		require.Equal(t, []any{
			&schemas.Engagement{PostID: "p", Action: step.action, Delta: step.delta, EventTime: step.at, RootTime: step.in.RootTime},
		}, got, step.name)
	}
	row := b.Row("u:p").(*schemas.ReactionRow)
	require.Equal(t, reaction.Like{Liked: true, At: 300, Decided: true, Position: change.Position{LSN: 9}}, row.Like)
	require.Equal(t, reaction.Comments{Nameless: 1, Known: []reaction.Comment{
		{ID: "c", Created: true, Deleted: true, Position: change.Position{LSN: 12}, At: 400},
		{ID: "d", Created: true, Named: true, Position: change.Position{LSN: 11}, At: 410},
	}}, row.Comments)
}

func TestWhat_is_not_taken_is_refused(t *testing.T) {
	b := processorstest.New(t, topology.ReactionsGroup(processorstest.Codecs(t)), (&reactions.Group{Tolerance: time.Minute}).On)
	nobody := client(schemas.ReactionLike, "", 100)
	nobody.Source = schemas.SourceNone
	for want, in := range map[string]*schemas.ReactionInput{
		"source 0 is not taken":               nobody,
		"kind 0 is not taken":                 database(schemas.ReactionNone, "", 1, 100),
		"kind 2 is not taken from a client":   client(schemas.ReactionUnlike, "", 100),
		"kind 4 is not taken from a client":   client(schemas.ReactionUncomment, "c", 100),
		"a comment of the database has no id": database(schemas.ReactionComment, "", 1, 100),
	} {
		require.Equal(t, schemas.Dead, b.In("u:p", time.UnixMilli(0), in))
		_, got := b.Out(topology.ReactionsDLQ)
		require.Len(t, got, 1)
		letter := got[0].(*schemas.DeadLetter)
		require.Equal(t, []any{schemas.ReasonInvalidField, want}, []any{letter.Reason, letter.Detail})
	}
	require.Nil(t, b.Row("u:p"))
}

// A database whose log counts anew under the same connector would have its likes taken for old ones.
func TestLikes_of_a_log_that_counts_anew_stop_the_group(t *testing.T) {
	b := processorstest.New(t, topology.ReactionsGroup(processorstest.Codecs(t)), (&reactions.Group{Tolerance: time.Minute}).On)
	say := func(lsn, commitMS int64) schemas.Outcome {
		in := database(schemas.ReactionLike, "", lsn, 100)
		in.CommitMS = commitMS
		return b.In("u:p", time.UnixMilli(0), in)
	}
	require.Equal(t, schemas.Applied, say(50, 1_000))
	require.Equal(t, schemas.Skipped, say(49, 61_000), "within the tolerance it is a record that comes again")
	say(49, 61_001)
	require.ErrorIs(t, b.Failed(), schemas.ErrHalt)
	require.ErrorContains(t, b.Failed(), `likes "u:p": a change at LSN 49 was committed 60001 ms after one at LSN 50`)
}

func TestLag_of_likes_is_measured_but_not_that_of_snapshots(t *testing.T) {
	registry := prometheus.NewRegistry()
	late := applied.NewMetrics(registry, func() time.Time { return time.UnixMilli(3_500) })
	b := processorstest.New(t, topology.ReactionsGroup(processorstest.Codecs(t)), (&reactions.Group{Tolerance: time.Minute, Metrics: late}).On)
	for i, commitMS := range []int64{1_000, 2_000, 0} {
		in := database(schemas.ReactionLike, "", int64(i+1), 100)
		in.CommitMS, in.Snapshot = commitMS, commitMS == 0
		b.In("u:p", time.UnixMilli(0), in)
	}
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
		# HELP cdc_last_lag_seconds As cdc_lag_seconds, of the change applied last.
		# TYPE cdc_last_lag_seconds gauge
		cdc_last_lag_seconds{table="likes"} 1.5
	`), "cdc_last_lag_seconds"))
	b.In("u:p", time.UnixMilli(0), database(schemas.ReactionUnlike, "", 1, 100))
	require.InDelta(t, 3, testutil.ToFloat64(late.Changes("likes", schemas.ChangeUpsert, applied.Applied)), 0)
	require.InDelta(t, 1, testutil.ToFloat64(late.Changes("likes", schemas.ChangeDelete, applied.Older)), 0)
}
