package feed

import (
	"bytes"

	"github.com/nova-social/nova-streams/internal/jsonhand"
)

// decodePage returns what encode has written, nil for anything else: whatever is spelled in another way is somebody else's. It
// keeps text, which must not be changed any more.
func decodePage(text []byte) *page {
	r := jsonhand.NewReader(text)
	p := &page{order: order{Posts: make([]entry, 0, bytes.Count(text, []byte(`{"id":`)))}}
	r.Expect(`{"as_of":`)
	p.AsOf = r.Integer()
	r.Expect(`,"posts":[`)
	for r.Good() && !r.Has(`]`) {
		if len(p.Posts) > 0 {
			r.Expect(`,`)
		}
		p.Posts = append(p.Posts, decodeEntry(r))
	}
	if r.Has(`,"next":`) {
		p.Next = r.Text()
	}
	r.Expect(`}`)
	if !r.Good() || r.Rest() != "" {
		return nil
	}
	return p
}

func decodeEntry(r *jsonhand.Reader) (e entry) {
	r.Expect(`{"id":`)
	e.PostID = r.Text()
	if r.Has(`,"author":`) {
		e.AuthorID = r.Text()
	}
	e.Followed = r.Has(`,"followed":true`)
	e.Trending = r.Has(`,"trending":true`)
	r.Expect(`,`)
	all := r.Rest()
	for _, name := range worthNames {
		r.Expect(name)
		r.Number()
	}
	e.Worth = all[:len(all)-len(r.Rest())]
	r.Expect(`}`)
	return e
}
