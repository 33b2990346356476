package ranking

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// naiveTop is the ranking by definition: every bucket of every post looked at, every post sorted.
func naiveTop(rows map[string][]engagement.Bucket, w engagement.Window, weights engagement.Weights, now int64, k int) []Item {
	items := []Item{}
	for post, row := range rows {
		item := Item{PostID: post}
		for _, b := range row {
			if b.Start > now-w.Length.Milliseconds() && b.Start <= now {
				item.Counts = item.Counts.Plus(b.Counts)
				item.Last = max(item.Last, b.Last)
			}
		}
		if item.Counts != (engagement.Counts{}) {
			item.Score = weights.Score(item.Counts)
			items = append(items, item)
		}
	}
	slices.SortFunc(items, Compare)
	return items[:min(k, len(items))]
}

// TestIndexAgainstModel plays random rows, removals and moves of the clock: forward in small and large steps, and a
// little back, as clocks do.
func TestIndexAgainstModel(t *testing.T) {
	w := engagement.Window{Length: 100 * time.Millisecond, Bucket: 5 * time.Millisecond, Lateness: 20 * time.Millisecond}
	weights := engagement.Weights{View: 1, Impression: 0, Like: 20, Comment: 30, Share: 50}
	post := rapid.SampledFrom([]string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"})
	count := rapid.Int64Range(0, 2)
	row := rapid.Custom(func(t *rapid.T) engagement.Bucket {
		start := 5 * rapid.Int64Range(0, 80).Draw(t, "start")
		return engagement.Bucket{Start: start, Last: start + rapid.Int64Range(0, 4).Draw(t, "last"), Counts: engagement.Counts{
			Views: count.Draw(t, "views"), Impressions: count.Draw(t, "impressions"), Likes: count.Draw(t, "likes"),
			Comments: count.Draw(t, "comments"), Shares: count.Draw(t, "shares"),
		}}
	})
	rapid.Check(t, func(t *rapid.T) {
		index, rows, now := NewIndex(w, weights), map[string][]engagement.Bucket{}, int64(0)
		top := func(t *rapid.T) {
			k := rapid.IntRange(1, 12).Draw(t, "k")
			want := naiveTop(rows, w, weights, now, k)
			require.Equal(t, want, index.Top(now, k), "now %d", now)
			all := append(slices.Sorted(maps.Keys(rows)), "nobody's")
			wantScores := make([]int64, len(all))
			for _, item := range naiveTop(rows, w, weights, now, len(all)) {
				wantScores[slices.Index(all, item.PostID)] = item.Score
			}
			require.Equal(t, wantScores, index.Scores(now, all), "now %d", now)
			// What the window has left is gone, in the model as in the index.
			maps.DeleteFunc(rows, func(_ string, row []engagement.Bucket) bool {
				return row[len(row)-1].Start+w.Length.Milliseconds() <= now
			})
			require.Equal(t, len(rows), index.Len())
		}
		t.Repeat(map[string]func(*rapid.T){
			"update": func(t *rapid.T) {
				id, buckets := post.Draw(t, "post"), rapid.SliceOfNDistinct(row, 0, 6, start).Draw(t, "row")
				slices.SortFunc(buckets, func(a, b engagement.Bucket) int { return int(a.Start - b.Start) })
				index.Update(id, buckets)
				if rows[id] = buckets; len(buckets) == 0 {
					delete(rows, id)
				}
			},
			"remove": func(t *rapid.T) {
				id := post.Draw(t, "post")
				index.Remove(id)
				delete(rows, id)
			},
			"tick": func(t *rapid.T) { now += rapid.Int64Range(-3, 7).Draw(t, "ms"); top(t) },
			"jump": func(t *rapid.T) { now += rapid.Int64Range(0, 60).Draw(t, "ms"); top(t) },
			"top":  top,
		})
	})
}

func start(b engagement.Bucket) int64 { return b.Start }
