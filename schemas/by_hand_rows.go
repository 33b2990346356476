package schemas

import "github.com/nova-social/nova-streams/internal/domain/engagement"

// Room for the parts of a row, bytes.
const (
	headRoom   = 16 // version, position, an array's length and end
	timeRoom   = 6
	countsRoom = 10
)

var dedupByHand = &byHand[*DedupRow]{
	shape: "0eba25a292ac271335d539731e51e45af81bd21c41256197397fdc7a3c37edb5",
	room:  func(row *DedupRow) int { return headRoom + len(row.Seen)*(len(EventHash{})+timeRoom) },
	append: func(b []byte, row *DedupRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendLong(b, int64(len(row.Seen)))
		for i := range row.Seen {
			b = append(b, row.Seen[i].ID[:]...)
			b = appendLong(b, row.Seen[i].At)
		}
		return appendEnd(b, len(row.Seen)), true
	},
	read: func(body []byte) (*DedupRow, bool) {
		r := &avroReader{data: body}
		row := &DedupRow{rowHead: readHead(r)}
		n := r.items(len(EventHash{}) + 1)
		if n > 0 { // none is nil, as in a new row
			row.Seen = make([]SeenEvent, n)
		}
		for i := range row.Seen {
			copy(row.Seen[i].ID[:], r.fixed(len(EventHash{})))
			row.Seen[i].At = r.long()
		}
		r.end(n)
		return row, r.done()
	},
}

var reactionByHand = &byHand[*ReactionRow]{
	shape: "91486724b046acfa8b8f11a23676a3cef16d8a5e8263d6439d19618dab445cfd",
	room:  func(*ReactionRow) int { return headRoom + timeRoom + countsRoom },
	append: func(b []byte, row *ReactionRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendBool(b, row.Liked)
		b = appendLong(b, row.LikedAt)
		b = appendLong(b, int64(row.DecidedBy))
		return appendLong(b, row.Comments), int32(row.DecidedBy) < sourceCount
	},
	read: func(body []byte) (*ReactionRow, bool) {
		r := &avroReader{data: body}
		record := &ReactionRow{
			rowHead: readHead(r), Liked: r.bool(), LikedAt: r.long(),
			DecidedBy: ReactionSource(r.enum(sourceCount)), Comments: r.long(),
		}
		return record, r.done()
	},
}

var scoreByHand = &byHand[*ScoreRow]{
	shape: "59a42c320255a1da896f04c2497ed3d60c0aadb3aceecff1b094b49d8f89fcd1",
	room: func(row *ScoreRow) int {
		return headRoom + countsRoom + timeRoom + len(row.Buckets)*(2*timeRoom+countsRoom)
	},
	append: func(b []byte, row *ScoreRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendCounts(b, &row.Lifetime)
		b = appendLong(b, row.LastEngagement)
		b = appendLong(b, int64(len(row.Buckets)))
		for i := range row.Buckets {
			b = appendLong(b, row.Buckets[i].Start)
			b = appendLong(b, row.Buckets[i].Last)
			b = appendCounts(b, &row.Buckets[i].Counts)
		}
		return appendEnd(b, len(row.Buckets)), true
	},
	read: func(body []byte) (*ScoreRow, bool) {
		r := &avroReader{data: body}
		row := &ScoreRow{rowHead: readHead(r)}
		readCounts(r, &row.Lifetime)
		row.LastEngagement = r.long()
		const leastBucket = 7 // numbers
		n := r.items(leastBucket)
		if n > 0 {
			row.Buckets = make([]engagement.Bucket, n)
		}
		for i := range row.Buckets {
			b := &row.Buckets[i]
			b.Start = r.long()
			b.Last = r.long()
			readCounts(r, &b.Counts)
		}
		r.end(n)
		return row, r.done()
	},
}

func appendPosition(b []byte, p Position) []byte {
	return appendLong(appendLong(b, int64(p.Epoch)), p.Offset)
}

func readHead(r *avroReader) rowHead { return head(r.int(), r.long()) }

// appendEnd ends an array of n items: an empty one has ended with its count.
func appendEnd(b []byte, n int) []byte {
	if n == 0 {
		return b
	}
	return append(b, 0)
}

func appendCounts(b []byte, c *engagement.Counts) []byte {
	b = appendLong(b, c.Views)
	b = appendLong(b, c.Impressions)
	b = appendLong(b, c.Likes)
	b = appendLong(b, c.Comments)
	return appendLong(b, c.Shares)
}

func readCounts(r *avroReader, c *engagement.Counts) {
	c.Views = r.long()
	c.Impressions = r.long()
	c.Likes = r.long()
	c.Comments = r.long()
	c.Shares = r.long()
}
