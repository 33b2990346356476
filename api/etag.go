package api

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/cespare/xxhash/v2"
	"github.com/danielgtaylor/huma/v2"
)

// asOfKey is where an answer says of which moment it is. Within a text the quotes would be escaped.
var asOfKey = []byte(`"as_of":"`)

// tagOf returns the weak entity tag of an answer. as_of does not count: two answers that say the same of two moments have
// one tag, so that a reader who asks again is told that nothing changed.
func tagOf(body []byte) string {
	h := xxhash.New()
	if before, after, found := bytes.Cut(body, asOfKey); found {
		_, _ = h.Write(before)
		_, after, _ = bytes.Cut(after, []byte{'"'})
		body = after
	}
	_, _ = h.Write(body)
	text := append(make([]byte, 0, len(`W/""`)+16), `W/"`...)
	text = strconv.AppendUint(text, h.Sum64(), 16)
	return string(append(text, '"'))
}

// matches reports whether an If-None-Match header names the tag. Tags are compared weakly, as RFC 9110 has it for reads.
func matches(header, tag string) bool {
	if header == "" {
		return false
	}
	opaque := strings.TrimPrefix(tag, "W/")
	for each := range strings.SplitSeq(header, ",") {
		each = strings.TrimSpace(each)
		if each == "*" || strings.TrimPrefix(each, "W/") == opaque {
			return true
		}
	}
	return false
}

// answer sends a JSON answer with its tag, or only says that the reader has it already. A cache may keep it, but must ask.
func answer(w http.ResponseWriter, r *http.Request, body []byte, tag string) {
	h := w.Header()
	h["Etag"] = []string{tag}
	h["Cache-Control"] = mustAsk
	if matches(r.Header.Get("If-None-Match"), tag) {
		delete(h, "Content-Type")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, _ = w.Write(body)
}

var (
	mustAsk  = []string{"no-cache"}
	jsonType = []string{"application/json"}
	bodies   = sync.Pool{New: func() any { return new(bytes.Buffer) }}
)

// maxPooled is the largest buffer that is kept for the next answer, in bytes.
const maxPooled = 64 << 10

func giveBack(b *bytes.Buffer) {
	if b.Cap() <= maxPooled {
		b.Reset()
		bodies.Put(b)
	}
}

// tagged gives the answers of next their tags. They are held back whole, so it is for those of bounded size.
func tagged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := bodies.Get().(*bytes.Buffer)
		defer giveBack(body)
		held := heldAnswer{ResponseWriter: w, body: body}
		next.ServeHTTP(&held, r)
		switch held.status {
		case 0, http.StatusOK:
			answer(w, r, body.Bytes(), tagOf(body.Bytes()))
		default:
			w.WriteHeader(held.status)
			_, _ = w.Write(body.Bytes())
		}
	})
}

// heldAnswer keeps what is written.
type heldAnswer struct {
	http.ResponseWriter
	body   *bytes.Buffer
	status int // 0 for none yet
}

func (h *heldAnswer) WriteHeader(status int) {
	if h.status == 0 {
		h.status = status
	}
}

func (h *heldAnswer) Write(p []byte) (int, error) { return h.body.Write(p) }

// Unwrap lets deadlines be set.
func (h *heldAnswer) Unwrap() http.ResponseWriter { return h.ResponseWriter }

// tags says in the document what tagged does.
func tags(op huma.Operation) huma.Operation {
	op.Parameters = append(op.Parameters, &huma.Param{
		Name: "If-None-Match", In: "header", Schema: &huma.Schema{Type: huma.TypeString},
		Description: "ETag of an answer that the reader has; if nothing but as_of has changed, the answer is 304",
	})
	header := map[string]*huma.Param{"ETag": {
		Description: "Weak: the same for answers that differ in as_of only", Schema: &huma.Schema{Type: huma.TypeString},
	}}
	op.Responses = map[string]*huma.Response{
		"200": {Headers: header},
		"304": {Description: "The reader has the answer already", Headers: header},
	}
	return op
}
