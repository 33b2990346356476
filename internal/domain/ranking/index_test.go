package ranking

import (
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

const minute = int64(60_000)

func row(buckets ...engagement.Bucket) []engagement.Bucket { return buckets }

func bucket(start int64, c engagement.Counts) engagement.Bucket {
	return engagement.Bucket{Start: start, Last: start + 1, Counts: c}
}

func ids(items []Item) []string {
	out := []string{}
	for _, item := range items {
		out = append(out, item.PostID)
	}
	return out
}

func TestOrder(t *testing.T) {
	x := NewIndex(engagement.DefaultWindow(), engagement.DefaultWeights())
	x.Update("older", row(bucket(0, engagement.Counts{Likes: 1})))
	x.Update("b", row(bucket(5_000, engagement.Counts{Likes: 1})))
	x.Update("a", row(bucket(5_000, engagement.Counts{Likes: 1})))
	x.Update("share", row(bucket(0, engagement.Counts{Shares: 1})))
	x.Update("twenty-one views", row(bucket(0, engagement.Counts{Views: 21})))
	x.Update("seen", row(bucket(0, engagement.Counts{Impressions: 9})))
	x.Update("taken back", row(bucket(0, engagement.Counts{})))
	require.Equal(t, []string{"share", "twenty-one views", "a", "b", "older", "seen"}, ids(x.Top(minute, 10)))
	require.Equal(t, []string{"share", "twenty-one views"}, ids(x.Top(minute, 2)))
}

// What is hidden makes room for others, and comes back with all it has.
func TestHidden_posts_make_room(t *testing.T) {
	x := NewIndex(engagement.DefaultWindow(), engagement.DefaultWeights())
	hidden, asked := map[string]bool{}, 0
	x.Hide(func(post string) bool { asked++; return hidden[post] })
	for n := range 100 {
		x.Update(strconv.Itoa(n), row(bucket(0, engagement.Counts{Views: int64(1000 - n)})))
	}
	require.Equal(t, []string{"0", "1", "2"}, ids(x.Top(minute, 3)))
	hidden["0"], hidden["2"] = true, true
	asked = 0
	require.Equal(t, []string{"1", "3", "4"}, ids(x.Top(minute, 3)))
	require.Less(t, asked, 20, "what is far down is not asked for")
	clear(hidden)
	require.Equal(t, []string{"0", "1", "2"}, ids(x.Top(minute, 3)))
}

// TestTimeAlone moves only the clock: what was on top leaves, to the millisecond, and its place is freed.
func TestTimeAlone(t *testing.T) {
	x := NewIndex(engagement.DefaultWindow(), engagement.DefaultWeights())
	x.Update("two buckets", row(bucket(0, engagement.Counts{Shares: 3}), bucket(30*minute, engagement.Counts{Views: 1})))
	x.Update("one bucket", row(bucket(10*minute, engagement.Counts{Likes: 1})))
	x.Update("ahead", row(bucket(50*minute, engagement.Counts{Views: 5})))

	at := func(now int64) map[string]int64 {
		scores := map[string]int64{}
		for _, item := range x.Top(now, 10) {
			scores[item.PostID] = item.Score
		}
		return scores
	}
	require.Equal(t, map[string]int64{"two buckets": 151, "one bucket": 20}, at(50*minute-1))
	require.Equal(t, map[string]int64{"two buckets": 151, "one bucket": 20, "ahead": 5}, at(60*minute-1))
	require.Equal(t, map[string]int64{"two buckets": 1, "one bucket": 20, "ahead": 5}, at(60*minute))
	require.Equal(t, 3, x.Len())
	require.Equal(t, map[string]int64{"two buckets": 1, "ahead": 5}, at(70*minute))
	require.Equal(t, 2, x.Len())
	require.Empty(t, at(110*minute))
	require.Zero(t, x.Len())
}

// TestConcurrentUse updates from several goroutines while others look; afterwards the index is what one goroutine
// would have made. Run with -race it also shows that nothing is shared unguarded.
func TestConcurrentUse(t *testing.T) {
	x, alone := NewIndex(engagement.DefaultWindow(), engagement.DefaultWeights()), NewIndex(engagement.DefaultWindow(), engagement.DefaultWeights())
	const writers, posts = 4, 250
	update := func(x *Index, writer int) {
		for i := range posts {
			x.Update(fmt.Sprint(writer, ".", i), row(bucket(minute, engagement.Counts{Views: int64(i), Likes: int64(writer)})))
			if i%5 == 0 {
				x.Remove(fmt.Sprint(writer, ".", i))
			}
		}
	}
	var group sync.WaitGroup
	for writer := range writers {
		group.Go(func() { update(x, writer) })
		group.Go(func() {
			for range 50 {
				require.True(t, slices.IsSortedFunc(x.Top(2*minute, 100), Compare))
			}
		})
		update(alone, writer)
	}
	group.Wait()
	require.Equal(t, writers*posts*4/5, x.Len())
	require.Equal(t, alone.Top(2*minute, writers*posts), x.Top(2*minute, writers*posts))
}

// BenchmarkTop sorts 1,000 of 100,000 active posts, each with 12 buckets, with the clock moved on by a tick of 500 ms
// each time; and once with every sum to be made anew.
func BenchmarkTop(b *testing.B) {
	w := engagement.DefaultWindow()
	fill := func() *Index {
		x := NewIndex(w, engagement.DefaultWeights())
		for i := range 100_000 {
			var buckets []engagement.Bucket
			for j := range 12 {
				start := int64(j)*5*minute + int64(i%60)*w.Bucket.Milliseconds()
				buckets = append(buckets, bucket(start, engagement.Counts{Views: int64(i * 7919 % 997), Likes: int64(i % 13)}))
			}
			x.Update(strconv.Itoa(i), buckets)
		}
		return x
	}
	b.Run("tick", func(b *testing.B) {
		x, now := fill(), 55*minute
		for b.Loop() {
			if now += 500; now >= 65*minute {
				now = 55 * minute
			}
			x.Top(now, 1_000)
		}
	})
	b.Run("anew", func(b *testing.B) {
		x, now := fill(), 60*minute
		for b.Loop() {
			for i := range x.entries {
				x.entries[i].forget()
			}
			x.Top(now, 1_000)
		}
	})
	b.Run("update", func(b *testing.B) {
		x := fill()
		buckets := row(bucket(minute, engagement.Counts{Views: 1}), bucket(2*minute, engagement.Counts{Views: 1}))
		keys := make([]string, 1_000)
		for i := range keys {
			keys[i] = strconv.Itoa(i)
		}
		for i := 0; b.Loop(); i++ {
			x.Update(keys[i%len(keys)], buckets)
		}
	})
}
