package schemas

import "github.com/nova-social/nova-streams/internal/domain/change"

const (
	positionRoom  = 20
	changeOpCount = int32(ChangeTruncate) + 1
)

var changeByHand = &byHand[*Change]{
	shape: "3e08149e52a44e25f91178b2122eb53cbdfc2b2ae8eaa6b348896540e9df5461",
	room: func(c *Change) int {
		n := 2*recordRoom + originRoom + positionRoom + len(c.Table) + len(c.ID) + len(c.PreviousID) + len(c.Origin.Emitter) + columnsRoom(c.Columns)
		for _, name := range c.Unchanged {
			n += 1 + len(name)
		}
		return n
	},
	append: func(b []byte, c *Change) ([]byte, bool) {
		b = appendString(b, c.Table)
		b = appendString(b, c.ID)
		b = appendLong(b, int64(c.Op))
		b = appendSourcePosition(b, c.Position)
		b = appendLong(b, c.CommitMS)
		b = appendLong(b, c.RootTime)
		b = appendBool(b, c.Snapshot)
		b = appendString(b, c.PreviousID)
		b = appendLong(b, c.TxID)
		b = appendLong(b, c.TxOrder)
		b = appendColumns(b, c.Columns)
		b = appendLong(b, int64(len(c.Unchanged)))
		for _, name := range c.Unchanged {
			b = appendString(b, name)
		}
		b = appendEnd(b, len(c.Unchanged))
		return appendOrigin(b, c.Origin), int32(c.Op) < changeOpCount
	},
	read: func(body []byte) (*Change, bool) {
		r := &avroReader{data: body, text: string(body)}
		c := &Change{
			Table: r.string(), ID: r.string(), Op: ChangeOp(r.enum(changeOpCount)), Position: readSourcePosition(r),
			CommitMS: r.long(), RootTime: r.long(), Snapshot: r.bool(), PreviousID: r.string(), TxID: r.long(), TxOrder: r.long(),
			Columns: readColumns(r),
		}
		n := r.items(1)
		c.Unchanged = make([]string, n)
		for i := range c.Unchanged {
			c.Unchanged[i] = r.string()
		}
		r.end(n)
		c.Origin = readOrigin(r)
		return c, r.done()
	},
}

var entityByHand = &byHand[*EntityRow]{
	shape: "1400a2cf3e95d74e014c9f2e63ec39d40008b840b794b34d31c69db1435d764a",
	room: func(row *EntityRow) int {
		n := headRoom + 2*timeRoom + positionRoom + columnsRoom(row.Columns)
		for _, k := range row.Kept {
			n += 2 + len(k.Name) + positionRoom
		}
		return n
	},
	append: func(b []byte, row *EntityRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendLong(b, row.Touched)
		b = appendSourcePosition(b, row.Position)
		b = appendLong(b, row.CommitMS)
		b = appendBool(b, row.Deleted)
		b = appendColumns(b, row.Columns)
		b = appendLong(b, int64(len(row.Kept)))
		for _, k := range row.Kept {
			b = appendString(b, k.Name)
			b = appendSourcePosition(b, k.Since)
			b = appendBool(b, k.Known)
		}
		return appendEnd(b, len(row.Kept)), true
	},
	read: func(body []byte) (*EntityRow, bool) {
		r := &avroReader{data: body, text: string(body)}
		row := &EntityRow{rowHead: readHead(r), Touched: r.long(), Row: change.Row{
			Position: readSourcePosition(r), CommitMS: r.long(), Deleted: r.bool(), Columns: readColumns(r),
		}}
		if len(row.Columns) == 0 { // none is nil, as in a new row
			row.Columns = nil
		}
		n := r.items(5)
		if n > 0 {
			row.Kept = make([]change.Kept, n)
		}
		for i := range row.Kept {
			row.Kept[i] = change.Kept{Name: r.string(), Since: readSourcePosition(r), Known: r.bool()}
		}
		r.end(n)
		return row, r.done()
	},
}

func appendSourcePosition(b []byte, p change.Position) []byte {
	b = appendLong(b, int64(p.Epoch))
	b = appendLong(b, p.LSN)
	return appendLong(b, p.Offset)
}

func readSourcePosition(r *avroReader) change.Position {
	return change.Position{Epoch: r.int(), LSN: r.long(), Offset: r.long()}
}

func columnsRoom(c change.Columns) (n int) {
	for i := range c {
		n += 4 + len(c[i].Name) + len(c[i].Value)
	}
	return n
}

func appendColumns(b []byte, c change.Columns) []byte {
	b = appendLong(b, int64(len(c)))
	for i := range c {
		b = appendString(b, c[i].Name)
		b = appendString(b, c[i].Value)
	}
	return appendEnd(b, len(c))
}

func readColumns(r *avroReader) change.Columns {
	n := r.items(2)
	c := make(change.Columns, n)
	for i := range c {
		c[i] = change.Column{Name: r.string(), Value: r.string()}
	}
	r.end(n)
	return c
}
