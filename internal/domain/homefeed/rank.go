package homefeed

import (
	"cmp"
	"slices"
)

// Rank returns the feed of a reader: by score, then the newer post, then id. c must be valid.
func (c Config) Rank(r FeedRankingRequest) FeedResponse {
	kept, metrics := eligible(r)
	type ranked struct {
		post    RankedPost
		created int64
	}
	order := make([]ranked, 0, len(kept))
	for _, p := range kept {
		parts := c.weigh(p, r.Now, r.Reactions[p.AuthorID])
		order = append(order, ranked{RankedPost{p.PostID, p.AuthorID, p.Reason, parts}, p.CreatedAt})
	}
	slices.SortFunc(order, func(a, b ranked) int {
		return cmp.Or(
			cmp.Compare(b.post.Score(), a.post.Score()),
			cmp.Compare(b.created, a.created),
			cmp.Compare(a.post.PostID, b.post.PostID),
		)
	})
	metrics.Ranked = min(len(order), c.Depth)
	metrics.Cut = len(order) - metrics.Ranked
	posts := make([]RankedPost, 0, metrics.Ranked)
	for _, o := range order[:metrics.Ranked] {
		posts = append(posts, o.post)
	}
	return FeedResponse{AsOf: r.Now, Posts: posts, Metrics: metrics}
}

// eligible returns the candidates that may be shown, each post once.
func eligible(r FeedRankingRequest) ([]PostCandidate, FeedMetrics) {
	m := FeedMetrics{Candidates: len(r.Candidates)}
	kept := make([]PostCandidate, 0, len(r.Candidates))
	place := make(map[string]int, len(r.Candidates))
	for _, p := range r.Candidates {
		at, known := place[p.PostID]
		switch {
		case known:
			m.Repeated++
			if p.Reason == Followed {
				kept[at].Reason = Followed
			}
		case p.Hidden:
			m.Hidden++
		case p.AuthorID != "" && p.AuthorID == r.ReaderID:
			m.Own++
		case r.Seen[p.PostID]:
			m.Seen++
		case p.CreatedAt > r.Now:
			m.Future++
		default:
			place[p.PostID] = len(kept)
			kept = append(kept, p)
		}
	}
	return kept, m
}
