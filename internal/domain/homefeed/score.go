package homefeed

import "math"

// weigh says what a candidate is worth to a reader who has reacted that often to its author.
//
//	freshness  · 2^(-age / half_life)
//	engagement · s / (s + half_score)
//	affinity   · r / (r + half_reactions)
//
// A post without a time is as old as can be, one of an unknown author is nobody's.
func (c Config) weigh(p PostCandidate, now int64, reactions int) Parts {
	var parts Parts
	if p.CreatedAt > 0 {
		parts.Freshness = c.Freshness * math.Exp2(-float64(now-p.CreatedAt)/float64(c.HalfLife.Milliseconds()))
	}
	parts.Engagement = c.Engagement * saturated(float64(p.Score), float64(c.HalfScore))
	if p.AuthorID != "" {
		parts.Affinity = c.Affinity * saturated(float64(reactions), float64(c.HalfReactions))
	}
	return parts
}

// saturated grows from 0 towards 1, and is a half at half. Less than nothing is nothing: a post may have lost more likes
// within the window than it gained.
func saturated(n, half float64) float64 {
	n = max(n, 0)
	return n / (n + half)
}
