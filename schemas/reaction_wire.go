package schemas

import (
	"github.com/nova-social/nova-streams/internal/domain/change"
	"github.com/nova-social/nova-streams/internal/domain/reaction"
)

// The struct of reaction rows.
type (
	reactionWire struct {
		Epoch  int32 `avro:"last_epoch"`
		Offset int64 `avro:"last_offset"`

		Liked     bool           `avro:"liked"`
		LikedAt   int64          `avro:"liked_at"`
		DecidedBy ReactionSource `avro:"decided_by"`
		change.Position
		CommitMS int64              `avro:"commit_ms"`
		Nameless int64              `avro:"nameless"`
		Unnamed  int64              `avro:"unnamed"`
		Waiting  []int64            `avro:"waiting"`
		Known    []knownCommentWire `avro:"known"`
	}
	knownCommentWire struct { // reaction.Comment
		ID      string `avro:"id"`
		Named   bool   `avro:"named"`
		Created bool   `avro:"created"`
		Deleted bool   `avro:"deleted"`
		change.Position
		At int64 `avro:"at"`
	}
)

func reactionToWire(r *ReactionRow) *reactionWire {
	w := &reactionWire{
		Epoch: r.last.Epoch, Offset: r.last.Offset,
		Liked: r.Like.Liked, LikedAt: r.Like.At, DecidedBy: decidedBy(r.Like), Position: r.Like.Position, CommitMS: r.Like.CommitMS,
		Nameless: r.Comments.Nameless, Unnamed: r.Comments.Unnamed, Waiting: r.Comments.Waiting,
	}
	for _, k := range r.Comments.Known {
		w.Known = append(w.Known, knownCommentWire{k.ID, k.Named, k.Created, k.Deleted, k.Position, k.At})
	}
	return w
}

func reactionFromWire(w *reactionWire) (*ReactionRow, error) {
	r := &ReactionRow{
		rowHead:  head(w.Epoch, w.Offset),
		Like:     reaction.Like{Liked: w.Liked, At: w.LikedAt, Decided: w.DecidedBy == SourceDatabase, Position: w.Position, CommitMS: w.CommitMS},
		Comments: reaction.Comments{Nameless: w.Nameless, Unnamed: w.Unnamed},
	}
	if len(w.Waiting) > 0 { // none is nil, as in a new row
		r.Comments.Waiting = w.Waiting
	}
	for _, k := range w.Known {
		r.Comments.Known = append(r.Comments.Known, reaction.Comment{
			ID: k.ID, Named: k.Named, Created: k.Created, Deleted: k.Deleted, Position: k.Position, At: k.At,
		})
	}
	return r, nil
}

// decidedBy returns who decides on a like: the database once it has spoken, before that a client that likes the post.
func decidedBy(l reaction.Like) ReactionSource {
	switch {
	case l.Decided:
		return SourceDatabase
	case l.Liked:
		return SourceClient
	}
	return SourceNone
}
