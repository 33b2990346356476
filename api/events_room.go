package api

import (
	"math"
	"mime"
	"net/http"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// asJSON refuses a body that is not said to be plain JSON, before it is read.
func asJSON(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch encoding := r.Header.Get("Content-Encoding"); {
	case err != nil || kind != "application/json":
		writeProblem(w, problem("", http.StatusUnsupportedMediaType, "Events are sent as application/json."))
	case encoding != "" && encoding != "identity":
		w.Header().Set("Accept-Encoding", "identity")
		writeProblem(w, problem("", http.StatusUnsupportedMediaType, "Events are sent without Content-Encoding."))
	default:
		next(ctx)
	}
}

// ownShare is the part of the room, as a divisor, that one caller may take: who holds back bodies is not to keep out others.
const ownShare = 8

// room is what the bodies of requests take, in bytes.
type room struct {
	most, own int64 // of all, of one caller

	mu    sync.Mutex
	taken int64
	by    map[Caller]int64
}

func newRoom(limits EventLimits) *room {
	most := limits.Pending
	if most == 0 {
		most = math.MaxInt64
	}
	return &room{most: most, own: max(limits.MaxBytes, most/ownShare), by: map[Caller]int64{}}
}

func (r *room) take(c Caller, bytes int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.taken+bytes > r.most || r.by[c]+bytes > r.own {
		return false
	}
	r.taken += bytes
	r.by[c] += bytes
	return true
}

func (r *room) give(c Caller, bytes int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= bytes
	if r.by[c] -= bytes; r.by[c] == 0 {
		delete(r.by, c)
	}
}

// withRoom has requests for whose bodies there is no room come again later, before they are read: a body stays in memory until
// its events are acknowledged.
func withRoom(limits EventLimits) func(huma.Context, func(huma.Context)) {
	room := newRoom(limits)
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humachi.Unwrap(ctx)
		caller, _ := CallerOf(ctx.Context())
		bytes := limits.MaxBytes // none says more, and who does not say may send that much
		if r.ContentLength >= 0 {
			bytes = min(bytes, r.ContentLength)
		}
		if !room.take(caller, bytes) {
			w.Header().Set("Retry-After", "1")
			writeProblem(w, problem(problemUnavailable, http.StatusServiceUnavailable, "Too much is under way. Send the request again in a moment: nothing of it was written."))
			return
		}
		defer room.give(caller, bytes)
		next(ctx)
	}
}
