package schemas

// Room for the parts of a row, bytes.
const (
	headRoom = 16 // version, position, an array's length and end
	timeRoom = 6
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
