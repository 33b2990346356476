package jsonhand

import (
	"strconv"
	"strings"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// Reader reads a text from its beginning.
type Reader struct {
	rest string
	bad  bool
}

// NewReader returns a reader of a text, which must not be changed any more: what it reads are parts of it. A copy would be a
// third of what an answer from Redis allocates.
func NewReader(text []byte) *Reader {
	return &Reader{rest: unsafe.String(unsafe.SliceData(text), len(text))}
}

// Good reports whether there was all that was expected so far: else nothing that was read counts.
func (r *Reader) Good() bool { return !r.bad }

// Rest returns what was not taken yet.
func (r *Reader) Rest() string { return r.rest }

// Has reports whether a text comes next, and takes it then.
func (r *Reader) Has(text string) (is bool) {
	r.rest, is = strings.CutPrefix(r.rest, text)
	return is
}

// Expect takes a text.
func (r *Reader) Expect(text string) { r.bad = !r.Has(text) || r.bad }

// Text takes a string, and returns what it says.
func (r *Reader) Text() string {
	r.Expect(`"`)
	end := strings.IndexByte(r.rest, '"')
	if end < 0 {
		r.bad = true
		return ""
	}
	if text := r.rest[:end]; plain(text) {
		r.rest = r.rest[end+1:]
		return text
	}
	return r.escaped()
}

// escaped takes a string of which the first quote is taken.
func (r *Reader) escaped() string {
	for end := 0; end < len(r.rest); end++ {
		switch r.rest[end] {
		case '\\':
			end++ // what it escapes is not the end
		case '"':
			text, err := jsontext.AppendUnquote(nil, `"`+r.rest[:end+1])
			r.bad = r.bad || err != nil
			r.rest = r.rest[end+1:]
			return string(text)
		}
	}
	r.bad = true
	return ""
}

// Number takes a number, and returns it as it is.
func (r *Reader) Number() string {
	all := r.rest
	r.Has(`-`)
	r.digits()
	if r.Has(`.`) {
		r.digits()
	}
	if r.Has(`e`) {
		_ = r.Has(`-`) || r.Has(`+`)
		r.digits()
	}
	return all[:len(all)-len(r.rest)]
}

func (r *Reader) digits() {
	end := 0
	for end < len(r.rest) && r.rest[end] >= '0' && r.rest[end] <= '9' {
		end++
	}
	r.bad = r.bad || end == 0
	r.rest = r.rest[end:]
}

// Integer takes a whole number.
func (r *Reader) Integer() int64 {
	n, err := strconv.ParseInt(r.Number(), 10, 64)
	r.bad = r.bad || err != nil
	return n
}
