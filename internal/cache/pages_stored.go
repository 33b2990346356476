package cache

import (
	"strconv"

	"github.com/nova-social/nova-streams/internal/jsonhand"
)

// stored is a page as it lies in Redis: one line of JSON, then the page as it is.
type stored struct {
	Run  string // of Redis, in which it was stored
	Ends int64  // Unix ms
	Took int64  // ms to make it
	Page []byte
}

func (s *stored) encode() []byte {
	b := jsonhand.Text(append(make([]byte, 0, 128+len(s.Page)), `{"run":`...), s.Run)
	b = strconv.AppendInt(append(b, `,"ends":`...), s.Ends, 10)
	b = strconv.AppendInt(append(b, `,"took":`...), s.Took, 10)
	return append(append(b, "}\n"...), s.Page...)
}

// decodeStored returns what encode has written, nil for anything else. It keeps text, which must not be changed any more.
func decodeStored(text []byte) *stored {
	r := jsonhand.NewReader(text)
	s := &stored{}
	r.Expect(`{"run":`)
	s.Run = r.Text()
	r.Expect(`,"ends":`)
	s.Ends = r.Integer()
	r.Expect(`,"took":`)
	s.Took = r.Integer()
	r.Expect("}\n")
	if !r.Good() {
		return nil
	}
	s.Page = text[len(text)-len(r.Rest()):]
	return s
}
