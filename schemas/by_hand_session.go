package schemas

import "github.com/nova-social/nova-streams/internal/domain/session"

var sessionByHand = &byHand[*SessionRow]{
	shape: "2fed79b4f80202bbd062a6ee5e96dff63d482c7c837035fc36587c03e91e7101",
	room: func(row *SessionRow) int {
		n := headRoom + 2*timeRoom
		for i := range row.Sessions {
			s := &row.Sessions[i]
			n += len(s.ID) + 2*timeRoom + 4 + len(s.Device)
			for _, device := range s.Devices {
				n += 1 + len(device)
			}
		}
		return n
	},
	append: func(b []byte, row *SessionRow) ([]byte, bool) {
		b = appendPosition(b, row.last)
		b = appendLong(b, row.Touched)
		b = appendLong(b, row.NewestRoot)
		b = appendLong(b, int64(len(row.Sessions)))
		for i := range row.Sessions {
			s := &row.Sessions[i]
			b = append(b, s.ID[:]...)
			b = appendLong(b, s.First)
			b = appendLong(b, s.Last)
			b = appendString(b, s.Device)
			b = appendLong(b, int64(len(s.Devices)))
			for _, device := range s.Devices {
				b = appendString(b, device)
			}
			b = appendEnd(b, len(s.Devices))
		}
		return appendEnd(b, len(row.Sessions)), true
	},
	read: func(body []byte) (*SessionRow, bool) {
		r := &avroReader{data: body, text: string(body)}
		row := &SessionRow{rowHead: readHead(r), Touched: r.long(), NewestRoot: r.long()}
		n := r.items(len(session.ID{}) + 4)
		if n > 0 { // none is nil, as in a new row
			row.Sessions = make([]session.Session, n)
		}
		for i := range row.Sessions {
			s := &row.Sessions[i]
			copy(s.ID[:], r.fixed(len(s.ID)))
			s.First, s.Last, s.Device = r.long(), r.long(), r.string()
			devices := r.items(1)
			if devices > 0 {
				s.Devices = make([]string, devices)
			}
			for d := range s.Devices {
				s.Devices[d] = r.string()
			}
			r.end(devices)
		}
		r.end(n)
		return row, r.done()
	},
}
