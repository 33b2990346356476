package invalidations_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/processors/invalidations"
	"github.com/nova-social/nova-streams/processors/processorstest"
	"github.com/nova-social/nova-streams/schemas"
	"github.com/nova-social/nova-streams/topology"
)

// bench is one of the groups.
type bench struct {
	*processorstest.Bench
	t     *testing.T
	table string
}

func newBench(t *testing.T, group topology.Stream, verb processorstest.Verb) *bench {
	t.Helper()
	for _, g := range topology.InvalidationGroups(processorstest.Codecs(t)) {
		if string(g.Name) == string(group) {
			return &bench{processorstest.New(t, g, verb), t, string(g.Input)}
		}
	}
	t.Fatalf("no group is named %s", group)
	return nil
}

// said is what a message says beside where its row lies.
type said struct {
	key    string
	reason schemas.InvalidationReason
	at     int64
}

// tells gives the group a record and expects these messages of it.
func (b *bench) tells(offset int64, key string, row schemas.Row, want ...said) {
	b.t.Helper()
	outcome := schemas.Applied
	if len(want) == 0 {
		outcome = schemas.Skipped
	}
	var value any // a row that is nil is no null value
	if row != nil {
		value = row
	}
	require.Equal(b.t, outcome, b.In(key, time.UnixMilli(1), value))
	require.NoError(b.t, b.Failed())
	var got []said
	keys, messages := b.Out(topology.CacheInvalidations)
	for i, m := range messages {
		i9n := m.(*schemas.CacheInvalidation)
		require.Equal(b.t, keys[i], i9n.Key())
		require.Equal(b.t, [3]any{b.table, int32(0), offset}, [3]any{i9n.Table, i9n.Partition, i9n.Offset})
		got = append(got, said{keys[i], i9n.Reason, i9n.EventTime})
	}
	require.Equal(b.t, want, got)
}

// row is a row of the application that was committed at a time, Unix ms.
func row(committed int64, columns map[string]string) *schemas.EntityRow {
	return &schemas.EntityRow{Row: change.Row{Position: change.Position{LSN: committed}, CommitMS: committed, Columns: change.ColumnsOf(columns)}}
}

func deleted(committed int64) *schemas.EntityRow {
	r := row(committed, nil)
	r.Deleted = true
	return r
}

func TestPosts(t *testing.T) {
	b := newBench(t, "invalidations-posts", invalidations.Posts)
	const day, night = `"2026-01-02T09:30:00.000000Z"`, `"2026-01-02T23:30:00.000000Z"`
	b.tells(0, "p", row(10, map[string]string{"user_id": `"a:1"`, "created_at": day}), said{"post:p", "created", 10}, said{"author:a:1", "created", 10})
	b.tells(1, "p", row(11, map[string]string{"user_id": `"a"`, "created_at": day, "updated_at": day}), said{"post:p", "created", 11}, said{"author:a", "created", 11})
	b.tells(2, "p", row(12, map[string]string{"user_id": `"a"`, "created_at": day, "updated_at": night}), said{"post:p", "changed", 12}, said{"author:a", "changed", 12})
	b.tells(3, "p", row(13, map[string]string{"user_id": `null`, "updated_at": night}), said{"post:p", "changed", 13})
	b.tells(4, "p", deleted(14), said{"post:p", "deleted", 14})
	b.tells(5, "p", nil)
	b.tells(6, schemas.TruncatedRow, row(15, nil))
}

func TestUsers(t *testing.T) {
	b := newBench(t, "invalidations-users", invalidations.NewUsers().On)
	there, closed := map[string]string{"deleted_at": "null"}, map[string]string{"deleted_at": `"2026-01-02T09:30:00.000000Z"`}
	b.tells(0, "u", row(10, there), said{"user:u", "changed", 10}, said{"author:u", "changed", 10})
	b.tells(1, "u", row(11, there), said{"user:u", "changed", 11})
	b.tells(2, schemas.TruncatedRow, row(12, nil))
	b.tells(3, "v", row(13, closed), said{"user:v", "deleted", 13}, said{"author:v", "deleted", 13})
	b.tells(4, "u", row(14, closed), said{"user:u", "deleted", 14}, said{"author:u", "deleted", 14})
	b.tells(5, "u", deleted(15), said{"user:u", "deleted", 15}, said{"author:u", "deleted", 15})
	b.tells(6, "u", nil)
	b.tells(7, "u", row(16, there), said{"user:u", "changed", 16}, said{"author:u", "changed", 16})
	b.tells(8, "u", row(17, there), said{"user:u", "changed", 17})
}

func TestFollows(t *testing.T) {
	b := newBench(t, "invalidations-follows", invalidations.Follows)
	b.tells(0, "a%3A1:b", row(10, map[string]string{"status": `"active"`}), said{"follow:a:1", "followed", 10})
	b.tells(1, "a:b", row(11, map[string]string{"status": `"blocked"`}), said{"follow:a", "unfollowed", 11})
	b.tells(2, "a:b", deleted(12), said{"follow:a", "unfollowed", 12})
	b.tells(3, "a:b", nil)
	b.tells(4, schemas.TruncatedRow, row(13, nil))
	b.tells(5, "nobody", row(14, nil))
}

// A score is told when it has moved by a fifth of what it was when it was last told, within the window as it was at the
// post's latest engagement.
func TestScores(t *testing.T) {
	window := engagement.Window{Length: time.Minute, Bucket: 10 * time.Second, Lateness: time.Minute}
	b := newBench(t, "invalidations-scores", invalidations.NewScores(invalidations.DefaultConfig(), window, engagement.DefaultWeights()).On)
	likes := func(n, at int64, older ...engagement.Bucket) *schemas.ScoreRow {
		return &schemas.ScoreRow{LastEngagement: at, Buckets: append(older, engagement.Bucket{Start: at - at%10_000, Last: at, Counts: engagement.Counts{Likes: n}})}
	}
	told := func(at int64) said { return said{"post:p", "score", at} }
	b.tells(0, "p", likes(10, 1), told(1))
	b.tells(1, "p", likes(11, 2))
	b.tells(2, "q", likes(11, 2), said{"post:q", "score", 2})
	b.tells(3, "p", likes(12, 3), told(3))
	b.tells(4, "p", likes(12, 4))
	b.tells(5, "p", likes(14, 5))
	b.tells(6, "p", likes(10, 6))
	b.tells(7, "p", likes(9, 7), told(7))
	b.tells(8, "p", likes(1, 59_999, likes(8, 1).Buckets...))
	b.tells(9, "p", likes(1, 60_000, likes(8, 1).Buckets...), told(60_000))
	b.tells(10, "p", nil)
	b.tells(11, "p", &schemas.ScoreRow{LastEngagement: 60_001}, told(60_001))
	b.tells(12, "p", &schemas.ScoreRow{LastEngagement: 60_002})
	b.tells(13, "p", likes(1, 60_003), told(60_003))
}

func TestRow_of_another_table_ends_the_stage(t *testing.T) {
	window, weights := engagement.DefaultWindow(), engagement.DefaultWeights()
	// the bench encodes with the codec of the group, so each is given the table of another
	for group, verb := range map[topology.Stream]processorstest.Verb{
		"invalidations-posts":  invalidations.NewScores(invalidations.DefaultConfig(), window, weights).On,
		"invalidations-scores": invalidations.Follows,
	} {
		b := newBench(t, group, verb)
		var r schemas.Row = row(1, nil)
		if group == "invalidations-scores" {
			r = &schemas.ScoreRow{}
		}
		require.Equal(t, schemas.Dead, b.In("k", time.UnixMilli(1), r))
		require.ErrorContains(t, b.Failed(), "invalidations: unexpected")
	}
}

func TestConfig(t *testing.T) {
	for share, good := range map[float64]bool{0: true, 1: true, 0.2: true, -0.1: false, 1.1: false} {
		require.Equal(t, good, invalidations.Config{Share: share}.Validate() == nil, share)
	}
}
