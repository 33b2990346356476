package schemas

import "github.com/nova-social/nova-streams/internal/domain/reaction"

var reactionByHand = &byHand[*ReactionRow]{
	shape: "4a5a3de8ac16f3ff5c0e42556433619bee41c2473f76d5f973826d2d26a01f9c",
	room: func(row *ReactionRow) int {
		n := 2*headRoom + 2*timeRoom + positionRoom + len(row.Comments.Waiting)*timeRoom
		for i := range row.Comments.Known {
			n += 5 + len(row.Comments.Known[i].ID) + positionRoom + timeRoom
		}
		return n
	},
	append: func(b []byte, row *ReactionRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendBool(b, row.Like.Liked)
		b = appendLong(b, row.Like.At)
		b = appendLong(b, int64(decidedBy(row.Like)))
		b = appendSourcePosition(b, row.Like.Position)
		b = appendLong(b, row.Like.CommitMS)
		c := &row.Comments
		b = appendLong(b, c.Nameless)
		b = appendLong(b, c.Unnamed)
		b = appendLong(b, int64(len(c.Waiting)))
		for _, at := range c.Waiting {
			b = appendLong(b, at)
		}
		b = appendEnd(b, len(c.Waiting))
		b = appendLong(b, int64(len(c.Known)))
		for i := range c.Known {
			b = appendKnown(b, &c.Known[i])
		}
		return appendEnd(b, len(c.Known)), true
	},
	read: func(body []byte) (*ReactionRow, bool) {
		r := &avroReader{data: body}
		row := &ReactionRow{rowHead: readHead(r), Like: reaction.Like{
			Liked: r.bool(), At: r.long(), Decided: ReactionSource(r.enum(sourceCount)) == SourceDatabase, Position: readSourcePosition(r),
			CommitMS: r.long(),
		}}
		c := &row.Comments
		c.Nameless, c.Unnamed = r.long(), r.long()
		n := r.items(1)
		if n > 0 { // none is nil, as in a new row
			c.Waiting = make([]int64, n)
		}
		for i := range c.Waiting {
			c.Waiting[i] = r.long()
		}
		r.end(n)
		if n = r.items(8); n > 0 {
			r.text, c.Known = string(body), make([]reaction.Comment, n)
		}
		for i := range c.Known {
			c.Known[i] = readKnown(r)
		}
		r.end(n)
		return row, r.done()
	},
}

func appendKnown(b []byte, k *reaction.Comment) []byte {
	b = appendString(b, k.ID)
	b = appendBool(b, k.Named)
	b = appendBool(b, k.Created)
	b = appendBool(b, k.Deleted)
	b = appendSourcePosition(b, k.Position)
	return appendLong(b, k.At)
}

func readKnown(r *avroReader) reaction.Comment {
	return reaction.Comment{ID: r.string(), Named: r.bool(), Created: r.bool(), Deleted: r.bool(), Position: readSourcePosition(r), At: r.long()}
}
