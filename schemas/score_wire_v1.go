package schemas

import "github.com/nova-social/nova-streams/internal/domain/engagement"

// Version 1 of score rows, which is only read: every number as it is, zero or not.
type (
	scoreWireV1 struct {
		Epoch          int32          `avro:"last_epoch"`
		Offset         int64          `avro:"last_offset"`
		Lifetime       countsWireV1   `avro:"lifetime"`
		LastEngagement int64          `avro:"last_engagement"`
		Buckets        []bucketWireV1 `avro:"buckets"`
	}
	bucketWireV1 struct {
		Start  int64        `avro:"start"`
		Last   int64        `avro:"last"`
		Counts countsWireV1 `avro:"counts"`
	}
	countsWireV1 struct {
		Views       int64 `avro:"views"`
		Impressions int64 `avro:"impressions"`
		Likes       int64 `avro:"likes"`
		Comments    int64 `avro:"comments"`
		Shares      int64 `avro:"shares"`
	}
)

func scoreFromWireV1(w *scoreWireV1) (*ScoreRow, error) {
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
	return r, nil
}
