package schemas

import (
	"math/bits"

	"github.com/nova-social/nova-streams/internal/domain/engagement"
)

// scoreByHand codes what score_wire.go describes.
var scoreByHand = &byHand[*ScoreRow]{
	shape: "98a9a9dea6c95b526a0008786550c80dd170186d4f0e8e7fed929ed1a0c671db",
	room:  func(row *ScoreRow) int { return headRoom + timeRoom + 8 + len(row.Buckets)*8 },
	append: func(b []byte, row *ScoreRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendLong(b, row.LastEngagement)
		older := olderCounts(row)
		kinds := kindsOf(&older)
		b = appendLong(b, int64(kinds))
		counts := bits.OnesCount8(kinds)
		b = appendLong(b, int64(len(row.Buckets)))
		before := row.LastEngagement
		for i := range row.Buckets {
			bucket := &row.Buckets[i]
			b = appendLong(b, bucket.Start-before)
			b = appendLong(b, bucket.Last-bucket.Start)
			kinds := kindsOf(&bucket.Counts)
			b = appendLong(b, int64(kinds))
			counts += bits.OnesCount8(kinds)
			before = bucket.Start
		}
		b = appendEnd(b, len(row.Buckets))
		b = appendLong(b, int64(counts))
		b = appendKinds(b, &older)
		for i := range row.Buckets {
			b = appendKinds(b, &row.Buckets[i].Counts)
		}
		return appendEnd(b, counts), true
	},
	read: func(body []byte) (*ScoreRow, bool) {
		row := &ScoreRow{}
		return row, readScore(row, body)
	},
	readInto: readScore,
}

// readScore reads a body into row, whose buckets it uses again.
func readScore(row *ScoreRow, body []byte) bool {
	r := &avroReader{data: body}
	row.rowHead = readHead(r)
	row.LastEngagement = r.long()
	older := r.kinds()
	counts := bits.OnesCount8(older)
	const leastBucket = 3 // numbers
	n := r.items(leastBucket)
	row.Buckets = sized(row.Buckets, n)
	before := row.LastEngagement
	for i := range row.Buckets {
		b := &row.Buckets[i]
		b.Start = before + r.long()
		b.Last = b.Start + r.long()
		kinds := r.kinds()
		b.Counts.Views = int64(kinds) // until the counts come
		counts += bits.OnesCount8(kinds)
		before = b.Start
	}
	r.end(n)
	if r.items(1) != counts {
		return false
	}
	r.counts(&row.Lifetime, older)
	for i := range row.Buckets {
		c := &row.Buckets[i].Counts
		r.counts(c, uint8(c.Views))
		row.Lifetime = row.Lifetime.Plus(*c)
	}
	r.end(counts)
	return r.done()
}

// sized returns a slice of n buckets, in the memory of buckets if that has room; nil for none, as in a new row.
func sized(buckets []engagement.Bucket, n int) []engagement.Bucket {
	switch {
	case n == 0:
		return nil
	case n <= cap(buckets):
		return buckets[:n]
	}
	return make([]engagement.Bucket, n, n+1) // most rows are read for one more
}

// kinds reads the bits of the counts that are not zero.
func (r *avroReader) kinds() uint8 { return r.enum(kindsEnd) }

// counts reads the counts of kinds; the others are zero.
func (r *avroReader) counts(c *engagement.Counts, kinds uint8) {
	*c = engagement.Counts{}
	if kinds&hasViews != 0 {
		c.Views = r.long()
	}
	if kinds&hasImpressions != 0 {
		c.Impressions = r.long()
	}
	if kinds&hasLikes != 0 {
		c.Likes = r.long()
	}
	if kinds&hasComments != 0 {
		c.Comments = r.long()
	}
	if kinds&hasShares != 0 {
		c.Shares = r.long()
	}
}

// appendKinds appends the counts that are not zero.
func appendKinds(b []byte, c *engagement.Counts) []byte {
	for _, n := range inOrder(c) {
		if n != 0 {
			b = appendLong(b, n)
		}
	}
	return b
}
