package homefeed

import (
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const now = int64(1_420_074_000_123)

func ids(posts []RankedPost) []string {
	out := make([]string, 0, len(posts))
	for _, p := range posts {
		out = append(out, p.PostID)
	}
	return out
}

func TestRank_leaves_out_what_is_not_for_the_reader(t *testing.T) {
	old := now - time.Hour.Milliseconds()
	got := DefaultConfig().Rank(FeedRankingRequest{
		ReaderID: "me", Now: now, Seen: map[string]bool{"seen": true},
		Candidates: []PostCandidate{
			{PostID: "mine", AuthorID: "me", CreatedAt: old},
			{PostID: "seen", AuthorID: "a", CreatedAt: old},
			{PostID: "gone", AuthorID: "a", CreatedAt: old, Hidden: true},
			{PostID: "tomorrow", AuthorID: "a", CreatedAt: now + 1},
			{PostID: "both", AuthorID: "a", CreatedAt: old, Reason: Trending},
			{PostID: "both", AuthorID: "a", CreatedAt: old, Reason: Followed},
			{PostID: "nobody's", CreatedAt: old, Reason: Trending},
		},
	})
	require.Equal(t, []string{"both", "nobody's"}, ids(got.Posts))
	require.Equal(t, Followed, got.Posts[0].Reason)
	require.Equal(t, FeedMetrics{Candidates: 7, Ranked: 2, Repeated: 1, Own: 1, Seen: 1, Hidden: 1, Future: 1}, got.Metrics)
}

func TestParts_are_half_at_their_half(t *testing.T) {
	c := DefaultConfig()
	parts := c.weigh(PostCandidate{PostID: "p", AuthorID: "a", CreatedAt: now - c.HalfLife.Milliseconds(), Score: c.HalfScore}, now, c.HalfReactions)
	require.Equal(t, Parts{c.Freshness / 2, c.Engagement / 2, c.Affinity / 2}, parts)
	require.Equal(t, Parts{}, c.weigh(PostCandidate{PostID: "p", Score: -30}, now, 9), "no time, less than nothing, nobody's")
	require.Equal(t, c.Freshness, c.weigh(PostCandidate{PostID: "p", CreatedAt: now}, now, 0).Freshness)
}

func TestRank_breaks_ties_by_time_then_id(t *testing.T) {
	c := DefaultConfig()
	c.Freshness = 0
	got := c.Rank(FeedRankingRequest{Now: now, Candidates: []PostCandidate{
		{PostID: "b", CreatedAt: 5}, {PostID: "a", CreatedAt: 5}, {PostID: "c", CreatedAt: 6}, {PostID: "d", CreatedAt: 1, Score: 10},
	}})
	require.Equal(t, []string{"d", "c", "a", "b"}, ids(got.Posts))
}

// TestRank_equals_a_plain_look compares with code that looks at each post by itself and counts who is better.
func TestRank_equals_a_plain_look(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.Depth = rapid.IntRange(1, 40).Draw(t, "depth")
		r := FeedRankingRequest{ReaderID: "u0", Now: now, Seen: map[string]bool{}, Reactions: map[string]int{}}
		for i := range rapid.IntRange(0, 60).Draw(t, "candidates") {
			r.Candidates = append(r.Candidates, PostCandidate{
				PostID:    "p" + strconv.Itoa(i),
				AuthorID:  "u" + strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "author")),
				CreatedAt: now - int64(rapid.IntRange(-1, 3).Draw(t, "age"))*time.Hour.Milliseconds(),
				Score:     int64(rapid.IntRange(0, 3).Draw(t, "score")) * 300,
				Hidden:    rapid.IntRange(0, 9).Draw(t, "hidden") == 0,
			})
			if rapid.IntRange(0, 9).Draw(t, "seen") == 0 {
				r.Seen["p"+strconv.Itoa(i)] = true
			}
		}
		for i := range 6 {
			r.Reactions["u"+strconv.Itoa(i)] = rapid.IntRange(0, 4).Draw(t, "reactions")
		}

		value := func(p PostCandidate) float64 {
			age := float64(now-p.CreatedAt) / float64(c.HalfLife.Milliseconds())
			s, n := float64(p.Score), float64(r.Reactions[p.AuthorID])
			return c.Freshness*math.Exp2(-age) + c.Engagement*(s/(s+float64(c.HalfScore))) + c.Affinity*(n/(n+float64(c.HalfReactions)))
		}
		better := func(a, b PostCandidate) bool {
			if x, y := value(a), value(b); x != y {
				return x > y
			}
			if a.CreatedAt != b.CreatedAt {
				return a.CreatedAt > b.CreatedAt
			}
			return a.PostID < b.PostID
		}
		want := map[int]string{}
		for _, p := range r.Candidates {
			out := func(p PostCandidate) bool {
				return p.Hidden || p.AuthorID == "u0" || r.Seen[p.PostID] || p.CreatedAt > now
			}
			place := 0
			for _, q := range r.Candidates {
				if !out(q) && better(q, p) {
					place++
				}
			}
			if !out(p) && place < c.Depth {
				want[place] = p.PostID
			}
		}
		got := c.Rank(r)
		require.Len(t, got.Posts, len(want))
		for i, p := range got.Posts {
			require.Equal(t, want[i], p.PostID)
		}
		m := got.Metrics
		require.Equal(t, m.Candidates, m.Ranked+m.Repeated+m.Own+m.Seen+m.Hidden+m.Future+m.Cut)
	})
}

// pagesOf cuts a feed to its end.
func pagesOf(c Config, posts []RankedPost, limit int) (pages [][]RankedPost) {
	for len(posts) > 0 {
		places := c.Page(func(yield func(int, string) bool) {
			for i, p := range posts {
				if !yield(i, p.AuthorID) {
					return
				}
			}
		}, limit)
		var page, left []RankedPost
		for i, p := range posts {
			if slices.Contains(places, i) {
				page = append(page, p)
			} else {
				left = append(left, p)
			}
		}
		pages, posts = append(pages, page), left
	}
	return pages
}

func TestPages_hold_every_post_once(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := DefaultConfig()
		c.PerAuthor = rapid.IntRange(1, 3).Draw(t, "per author")
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		var posts []RankedPost
		for i := range rapid.IntRange(0, 50).Draw(t, "posts") {
			author := ""
			if n := rapid.IntRange(0, 6).Draw(t, "author"); n > 0 {
				author = "u" + strconv.Itoa(n)
			}
			posts = append(posts, RankedPost{PostID: strconv.Itoa(i), AuthorID: author})
		}
		pages := pagesOf(c, posts, limit)
		all := slices.Concat(pages...)
		require.ElementsMatch(t, posts, all)
		for n, page := range pages {
			authors := map[string]int{}
			for _, p := range page {
				authors[p.AuthorID]++
			}
			delete(authors, "")
			for author, count := range authors {
				require.LessOrEqual(t, count, c.PerAuthor, author)
			}
			require.NotEmpty(t, page)
			require.LessOrEqual(t, len(page), limit)
			if len(page) == limit {
				continue
			}
			for _, p := range slices.Concat(pages[n+1:]...) {
				require.Equal(t, c.PerAuthor, authors[p.AuthorID], "a short page had no room for it")
			}
		}
	})
}

func TestPages_keep_the_order_where_no_author_has_too_many(t *testing.T) {
	c := DefaultConfig()
	c.PerAuthor = 1
	posts := []RankedPost{{PostID: "1", AuthorID: "a"}, {PostID: "2", AuthorID: "a"}, {PostID: "3", AuthorID: "b"}, {PostID: "4"}, {PostID: "5"}}
	pages := pagesOf(c, posts, 3)
	require.Equal(t, []string{"1", "3", "4"}, ids(pages[0]))
	require.Equal(t, []string{"2", "5"}, ids(pages[1]))
}

func TestConfigNamesTheField(t *testing.T) {
	require.NoError(t, DefaultConfig().Validate())
	for field, broken := range map[string]func(*Config){
		"freshness":      func(c *Config) { c.Freshness = math.NaN() },
		"engagement":     func(c *Config) { c.Engagement = -1 },
		"affinity":       func(c *Config) { c.Affinity = math.Inf(1) },
		"depth":          func(c *Config) { c.Depth = 0 },
		"half_score":     func(c *Config) { c.HalfScore = 0 },
		"half_reactions": func(c *Config) { c.HalfReactions = 0 },
		"per_author":     func(c *Config) { c.PerAuthor = 0 },
		"half_life":      func(c *Config) { c.HalfLife = 0 },
	} {
		c := DefaultConfig()
		broken(&c)
		require.ErrorContains(t, c.Validate(), "feed: "+field)
	}
}
