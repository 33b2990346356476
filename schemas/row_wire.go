package schemas

import (
	"github.com/twmb/avro"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// The row codecs. A changed row schema becomes the next version here, and the file it replaces is kept under
// avro/<row>.v<version>.avsc for as long as rows written with it may exist.
var (
	dedupRows = newRowCodec("dedup row", map[byte]*avro.Schema{1: dedupRowSchema}, dedupByHand,
		func() *DedupRow { return &DedupRow{rowHead: rowHead{NoPosition}} }, dedupToWire, dedupFromWire)
	reactionRows = newRowCodec("reaction row", map[byte]*avro.Schema{1: reactionRowSchema}, reactionByHand,
		func() *ReactionRow { return &ReactionRow{rowHead: rowHead{NoPosition}} }, reactionToWire, reactionFromWire)
	scoreRows = newRowCodec("score row", map[byte]*avro.Schema{1: scoreRowSchema}, scoreByHand,
		func() *ScoreRow { return &ScoreRow{rowHead: rowHead{NoPosition}} }, scoreToWire, scoreFromWire)
)

// The structs of the row schemas. They differ from the rows because a row's position is not for others to set at will,
// and because the domain's types do not know Avro.
type (
	dedupWire struct {
		Epoch  int32       `avro:"last_epoch"`
		Offset int64       `avro:"last_offset"`
		Seen   []SeenEvent `avro:"seen"`
	}
	reactionWire struct {
		Epoch     int32          `avro:"last_epoch"`
		Offset    int64          `avro:"last_offset"`
		Liked     bool           `avro:"liked"`
		LikedAt   int64          `avro:"liked_at"`
		DecidedBy ReactionSource `avro:"decided_by"`
		Comments  int64          `avro:"comments"`
	}
	scoreWire struct {
		Epoch          int32        `avro:"last_epoch"`
		Offset         int64        `avro:"last_offset"`
		Lifetime       countsWire   `avro:"lifetime"`
		LastEngagement int64        `avro:"last_engagement"`
		Buckets        []bucketWire `avro:"buckets"`
	}
	bucketWire struct {
		Start  int64      `avro:"start"`
		Last   int64      `avro:"last"`
		Counts countsWire `avro:"counts"`
	}
	countsWire struct {
		Views       int64 `avro:"views"`
		Impressions int64 `avro:"impressions"`
		Likes       int64 `avro:"likes"`
		Comments    int64 `avro:"comments"`
		Shares      int64 `avro:"shares"`
	}
)

func dedupToWire(r *DedupRow) *dedupWire {
	return &dedupWire{Epoch: r.last.Epoch, Offset: r.last.Offset, Seen: r.Seen}
}

func dedupFromWire(w *dedupWire) *DedupRow {
	r := &DedupRow{rowHead: head(w.Epoch, w.Offset)}
	if len(w.Seen) > 0 { // none is nil, as in a new row
		r.Seen = w.Seen
	}
	return r
}

func reactionToWire(r *ReactionRow) *reactionWire {
	return &reactionWire{
		Epoch: r.last.Epoch, Offset: r.last.Offset,
		Liked: r.Liked, LikedAt: r.LikedAt, DecidedBy: r.DecidedBy, Comments: r.Comments,
	}
}

func reactionFromWire(w *reactionWire) *ReactionRow {
	return &ReactionRow{
		rowHead: head(w.Epoch, w.Offset),
		Liked:   w.Liked, LikedAt: w.LikedAt, DecidedBy: w.DecidedBy, Comments: w.Comments,
	}
}

func scoreToWire(r *ScoreRow) *scoreWire {
	w := &scoreWire{
		Epoch: r.last.Epoch, Offset: r.last.Offset,
		Lifetime: countsWire(r.Lifetime), LastEngagement: r.LastEngagement,
		Buckets: make([]bucketWire, len(r.Buckets)),
	}
	for i, b := range r.Buckets {
		w.Buckets[i] = bucketWire{b.Start, b.Last, countsWire(b.Counts)}
	}
	return w
}

func scoreFromWire(w *scoreWire) *ScoreRow {
	r := &ScoreRow{
		rowHead:  head(w.Epoch, w.Offset),
		Lifetime: engagement.Counts(w.Lifetime), LastEngagement: w.LastEngagement,
	}
	if len(w.Buckets) > 0 {
		r.Buckets = make([]engagement.Bucket, len(w.Buckets))
	}
	for i, b := range w.Buckets {
		r.Buckets[i] = engagement.Bucket{Start: b.Start, Last: b.Last, Counts: engagement.Counts(b.Counts)}
	}
	return r
}

func head(epoch int32, offset int64) rowHead { return rowHead{Position{Epoch: epoch, Offset: offset}} }
