package api

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
)

// requestIDHeader carries the name of a request, from the client or from here, in every answer.
const requestIDHeader = "X-Request-Id"

type requestKey struct{}

// request is what is known of the request of a context.
type request struct {
	id     string  // "" before it has a name
	caller *Caller // who asks; nil before that is known
}

// requestOf never returns nil. Of a context that is no request's nothing is known.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// identify names each request: as the client does if that is a sane name, else by chance. The name is in the answer's
// header and in every line logged on the way.
func identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(requestIDHeader)
		if !saneID(id) {
			id = newID()
		}
		w.Header()[requestIDHeader] = []string{id}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, &request{id, requestOf(r.Context()).caller})))
	})
}

// newID tells requests apart, and is no secret.
func newID() string {
	b := strconv.AppendUint(make([]byte, 0, 32), rand.Uint64(), 16) //nolint:gosec // see above
	return string(strconv.AppendUint(b, rand.Uint64(), 16))         //nolint:gosec // see above
}

// saneID reports whether a name can go into logs and headers as it is.
func saneID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// correlated adds the name of the request to what is logged with its context.
type correlated struct{ slog.Handler }

// Handle implements slog.Handler.
func (c correlated) Handle(ctx context.Context, record slog.Record) error {
	if id := requestOf(ctx).id; id != "" {
		record.AddAttrs(slog.String("request_id", id))
	}
	return c.Handler.Handle(ctx, record) //nolint:wrapcheck // a handler's error is its own
}

// WithAttrs implements slog.Handler.
func (c correlated) WithAttrs(attrs []slog.Attr) slog.Handler {
	return correlated{c.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (c correlated) WithGroup(name string) slog.Handler {
	return correlated{c.Handler.WithGroup(name)}
}
