package invalidations

import (
	"fmt"
	"math"

	"github.com/lovoo/goka"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
	"github.com/nova-social/nova-streams/schemas"
)

// Config says how much a score must move.
type Config struct {
	Share float64 // by which part of what it was when it was last told a post's score must have moved to be told again, from 0 (any) to 1
}

// DefaultConfig tells of a score that has moved by a fifth.
func DefaultConfig() Config { return Config{Share: 0.2} }

// Validate names the first field that breaks its rule.
func (c Config) Validate() error {
	if !(c.Share >= 0 && c.Share <= 1) { // nor no number at all
		return fmt.Errorf("invalidations: share must be within 0 and 1, is %v", c.Share)
	}
	return nil
}

// Scores reads the changelog of scores.
type Scores struct {
	Config
	window  engagement.Window
	weights engagement.Weights
	told    *memory[int64] // the score of a post when it was last told, in tenths of a point
}

// NewScores returns a reader that has nothing in memory.
func NewScores(cfg Config, w engagement.Window, weights engagement.Weights) *Scores {
	return &Scores{cfg, w, weights, newMemory[int64](remembered)}
}

// On handles one record: the post is old if its score within the window, at the time of its latest engagement, has moved
// considerably since it was last told, or if that is not known. Time alone moves scores, too, and is not told.
func (s *Scores) On(ctx goka.Context, msg any) schemas.Outcome {
	here := s.told.at(ctx.Partition(), ctx.Offset())
	if msg == nil {
		return schemas.Skipped
	}
	row, ok := msg.(*schemas.ScoreRow)
	if !ok {
		return unexpected(ctx, msg)
	}
	counts, _ := s.window.Sum(row.Buckets, row.LastEngagement)
	if !s.worth(here, ctx.Key(), s.weights.Score(counts)) {
		return schemas.Skipped
	}
	tell(ctx, schemas.InvalidPost, ctx.Key(), schemas.InvalidScore, row.LastEngagement)
	return schemas.Applied
}

// worth reports whether a score is worth telling, and notes it then.
func (s *Scores) worth(here stretch[int64], post string, score int64) bool {
	was, known := here.recall(post)
	if known && !s.moved(was, score) {
		return false
	}
	here.note(post, score)
	return true
}

func (s *Scores) moved(was, is int64) bool {
	return is != was && math.Abs(float64(is-was)) >= s.Share*math.Abs(float64(was))
}
