package schemas

import "github.com/nova-social/nova-streams/internal/domain/session"

// sessionWire is the struct of session rows.
type (
	sessionWire struct {
		Epoch      int32         `avro:"last_epoch"`
		Offset     int64         `avro:"last_offset"`
		Touched    int64         `avro:"touched"`
		NewestRoot int64         `avro:"newest_root"`
		Sessions   []visitedWire `avro:"sessions"`
	}
	visitedWire struct { // session.Session
		ID      session.ID `avro:"id"`
		First   int64      `avro:"first"`
		Last    int64      `avro:"last"`
		Device  string     `avro:"device"`
		Devices []string   `avro:"devices"`
	}
)

func sessionToWire(r *SessionRow) *sessionWire {
	w := &sessionWire{Epoch: r.last.Epoch, Offset: r.last.Offset, Touched: r.Touched, NewestRoot: r.NewestRoot}
	for _, s := range r.Sessions {
		w.Sessions = append(w.Sessions, visitedWire(s))
	}
	return w
}

func sessionFromWire(w *sessionWire) (*SessionRow, error) {
	r := &SessionRow{rowHead: head(w.Epoch, w.Offset), Touched: w.Touched, NewestRoot: w.NewestRoot}
	for _, s := range w.Sessions {
		if len(s.Devices) == 0 { // none is nil
			s.Devices = nil
		}
		r.Sessions = append(r.Sessions, session.Session(s))
	}
	return r, nil
}
