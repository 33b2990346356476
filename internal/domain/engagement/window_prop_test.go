package engagement

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// A reader sees exactly the engagements in [ceil(now - length), now], the old edge rounded up to a bucket and the new
// one taking in its whole bucket, whatever the order of arrival, as long as nothing is late.
func TestSum_equals_a_naive_count(t *testing.T) {
	w := Window{Length: time.Minute, Bucket: 5 * time.Second, Lateness: 20 * time.Second}
	rapid.Check(t, func(t *rapid.T) {
		type at struct {
			time   int64
			action Action
		}
		root := int64(1_000_000)
		all := rapid.SliceOf(rapid.Custom(func(t *rapid.T) at {
			return at{rapid.Int64Range(root-w.Length.Milliseconds(), root).Draw(t, "time"), Action(rapid.IntRange(1, 5).Draw(t, "action"))}
		})).Draw(t, "engagements")
		var buckets []Bucket
		for _, e := range all {
			require.False(t, w.Late(e.time, root))
			buckets = w.Add(buckets, e.time, root, e.action, 1)
		}
		require.True(t, slices.IsSortedFunc(buckets, func(a, b Bucket) int { return int(a.Start - b.Start) }))

		now := rapid.Int64Range(root-w.Length.Milliseconds(), root+2*w.Length.Milliseconds()).Draw(t, "now")
		width, edge := w.Bucket.Milliseconds(), now-w.Length.Milliseconds()
		var want Counts
		var last int64
		for _, e := range all {
			if start := e.time / width * width; start > edge && start <= now {
				want.Add(e.action, 1)
				last = max(last, e.time)
			}
		}
		got, gotLast := w.Sum(buckets, now)
		require.Equal(t, want, got)
		require.Equal(t, last, gotLast)
	})
}

func TestAdd_drops_what_no_event_can_enter_any_more(t *testing.T) {
	w := Window{Length: time.Minute, Bucket: 5 * time.Second, Lateness: 20 * time.Second}
	buckets := w.Add(nil, 0, 0, View, 1)
	buckets = w.Add(buckets, 84_999, 84_999, View, 1)
	require.Len(t, buckets, 2, "an event of time 4,999 is late at root 84,999 only by a hair")
	buckets = w.Add(buckets, 85_000, 85_000, View, 1)
	require.Equal(t, []Bucket{
		{Start: 80_000, Last: 84_999, Counts: Counts{Views: 1}},
		{Start: 85_000, Last: 85_000, Counts: Counts{Views: 1}},
	}, buckets)
}

func TestEvent_before_1970_has_its_bucket(t *testing.T) {
	w := Window{Length: time.Minute, Bucket: 5 * time.Second}
	require.Equal(t, int64(-5_000), w.Add(nil, -1, 0, View, 1)[0].Start)
}
