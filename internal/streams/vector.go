package streams

import "github.com/nova-social/nova-streams/schemas"

// vector is how far the records of each source have been taken. Records of one source come in runs, so the place of the
// last one is at hand.
type vector struct {
	marks  map[schemas.Source]*schemas.Mark
	source schemas.Source
	mark   *schemas.Mark // of source; nil before the first record
}

func newVector(from map[schemas.Source]schemas.Mark) vector {
	v := vector{marks: make(map[schemas.Source]*schemas.Mark, len(from))}
	for s, m := range from {
		v.marks[s] = &m
	}
	return v
}

// take notes a record with that origin, and reports whether it is new; else its emitter has repeated itself.
func (v *vector) take(o schemas.Origin) bool {
	if v.mark == nil || v.source != o.Source() {
		m, known := v.marks[o.Source()]
		if !known {
			first := o.Mark()
			v.source, v.mark = o.Source(), &first
			v.marks[v.source] = v.mark
			return true
		}
		v.source, v.mark = o.Source(), m
	}
	if !o.Mark().After(*v.mark) {
		return false
	}
	*v.mark = o.Mark()
	return true
}

// snapshot returns the vector as it is now.
func (v *vector) snapshot() map[schemas.Source]schemas.Mark {
	all := make(map[schemas.Source]schemas.Mark, len(v.marks))
	for s, m := range v.marks {
		all[s] = *m
	}
	return all
}
