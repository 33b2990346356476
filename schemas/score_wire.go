package schemas

import (
	"errors"
	"fmt"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// scoreWire is the struct of score rows. They are most of what the system writes for itself, and most of a row is its
// buckets, so these are short: times are differences from times nearby, and a bucket has kinds, one bit per count that
// is not zero, instead of five counts of which four mostly are. The counts themselves are an array of their own behind
// the buckets, for an array per bucket would cost each two more bytes. The lifetime is what it has beyond the buckets:
// nothing, for a post all of whose engagements are in them.
//
// Differences may overflow; undoing them overflows back.
type (
	scoreWire struct {
		Epoch          int32        `avro:"last_epoch"`
		Offset         int64        `avro:"last_offset"`
		LastEngagement int64        `avro:"last_engagement"`
		Older          int32        `avro:"older"` // kinds of the lifetime less all buckets
		Buckets        []bucketWire `avro:"buckets"`
		Counts         []int64      `avro:"counts"` // of older, then of each bucket
	}
	bucketWire struct {
		Gap   int64 `avro:"gap"`  // start less that of the bucket before, or less last_engagement
		Last  int64 `avro:"last"` // less start
		Kinds int32 `avro:"kinds"`
	}
)

// The bits of kinds. Their order is that of the counts.
const (
	hasViews = 1 << iota
	hasImpressions
	hasLikes
	hasComments
	hasShares
	kindsEnd // beyond all kinds
)

var errScoreCounts = errors.New("schemas: counts are not as many as kinds say")

func scoreToWire(r *ScoreRow) *scoreWire {
	older := olderCounts(r)
	w := &scoreWire{
		Epoch: r.last.Epoch, Offset: r.last.Offset, LastEngagement: r.LastEngagement,
		Older: int32(kindsOf(&older)), Buckets: make([]bucketWire, len(r.Buckets)),
	}
	w.Counts = eachKind(w.Counts, &older)
	before := r.LastEngagement
	for i := range r.Buckets {
		b := &r.Buckets[i]
		w.Buckets[i] = bucketWire{Gap: b.Start - before, Last: b.Last - b.Start, Kinds: int32(kindsOf(&b.Counts))}
		w.Counts = eachKind(w.Counts, &b.Counts)
		before = b.Start
	}
	return w
}

func scoreFromWire(w *scoreWire) (*ScoreRow, error) {
	r := &ScoreRow{rowHead: head(w.Epoch, w.Offset), LastEngagement: w.LastEngagement}
	counts, err := takeKinds(w.Counts, w.Older, &r.Lifetime)
	if err != nil {
		return nil, err
	}
	if len(w.Buckets) > 0 { // none is nil, as in a new row
		r.Buckets = make([]engagement.Bucket, len(w.Buckets))
	}
	before := w.LastEngagement
	for i, b := range w.Buckets {
		bucket := &r.Buckets[i]
		bucket.Start = before + b.Gap
		bucket.Last = bucket.Start + b.Last
		if counts, err = takeKinds(counts, b.Kinds, &bucket.Counts); err != nil {
			return nil, err
		}
		r.Lifetime = r.Lifetime.Plus(bucket.Counts)
		before = bucket.Start
	}
	if len(counts) > 0 {
		return nil, errScoreCounts
	}
	return r, nil
}

// olderCounts returns the lifetime less the counts of all buckets.
func olderCounts(r *ScoreRow) engagement.Counts {
	c := r.Lifetime
	for i := range r.Buckets {
		b := &r.Buckets[i].Counts
		c.Views -= b.Views
		c.Impressions -= b.Impressions
		c.Likes -= b.Likes
		c.Comments -= b.Comments
		c.Shares -= b.Shares
	}
	return c
}

// kindsOf returns the bits of the counts that are not zero.
func kindsOf(c *engagement.Counts) (kinds uint8) {
	if c.Views != 0 {
		kinds |= hasViews
	}
	if c.Impressions != 0 {
		kinds |= hasImpressions
	}
	if c.Likes != 0 {
		kinds |= hasLikes
	}
	if c.Comments != 0 {
		kinds |= hasComments
	}
	if c.Shares != 0 {
		kinds |= hasShares
	}
	return kinds
}

// eachKind appends the counts that are not zero.
func eachKind(counts []int64, c *engagement.Counts) []int64 {
	for _, n := range inOrder(c) {
		if n != 0 {
			counts = append(counts, n)
		}
	}
	return counts
}

func inOrder(c *engagement.Counts) [5]int64 {
	return [...]int64{c.Views, c.Impressions, c.Likes, c.Comments, c.Shares}
}

// takeKinds moves the counts of kinds from counts to c, which is zero, and returns the other counts.
func takeKinds(counts []int64, kinds int32, c *engagement.Counts) ([]int64, error) {
	if kinds < 0 || kinds >= kindsEnd {
		return nil, fmt.Errorf("schemas: %d is no set of kinds", kinds)
	}
	for i, n := range [...]*int64{&c.Views, &c.Impressions, &c.Likes, &c.Comments, &c.Shares} {
		if kinds&(1<<i) == 0 {
			continue
		}
		if len(counts) == 0 {
			return nil, errScoreCounts
		}
		*n, counts = counts[0], counts[1:]
	}
	return counts, nil
}
