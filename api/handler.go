package api

import (
	"cmp"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers the routes of the API, or those of operations only.
type Handler struct {
	http.Handler
	closing chan struct{}
	once    sync.Once
	metrics *metrics
}

// EndStreams ends the streams that are open, so that a server can drain. Other answers are not cut short.
func (h *Handler) EndStreams() { h.once.Do(func() { close(h.closing) }) }

// New returns the handler of all routes. It reads nothing before the first request. d must be whole but for what is
// optional.
func New(d Deps) *Handler {
	h, mux := newHandler(&d, "There is nothing at this address. The routes are listed at /docs.")
	front := &frontPage{list: d.Trending}
	known := mux.With(knowCaller(d.Callers))
	known.With(atMost(d.Config.Streams), endWithToken(d.Callers)).Get("/v1/trending/stream", streamTrending(d.Trending, front, d.Config.Heartbeat, streamWrite, h.closing))
	// what waits for nothing needs no deadline
	quick := known.With(h.watch(&d), recoverPanics(d.Log), compressed)
	quick.Get("/v1/posts/{post_id}/stats", d.stats)
	mux.Group(func(r chi.Router) {
		h.guard(r, &d)
		r.Use(knowCaller(d.Callers))
		ops := newOperations(r, d.Version)
		reads := sameDocument(r.With(tagged), ops)
		routeTrending(sameDocument(quick.With(front.answer, tagged), ops), d.Trending)
		routePostBatch(reads, &d)
		routePost(reads, &d)
		describeStats(ops)
		routeEngagement(reads, &d)
		routeUser(reads, &d)
		routeLists(reads, &d)
		routeRelationship(reads, &d)
		routeSuggestions(reads, d.Suggestions)
		routeFeed(reads, &d)
		routeSeen(ops, &d)
		routeEvents(ops, d)
		routeStatus(ops, d.Status, d.Log)
		routeHealth(ops, "Ready when the views have been read up to their ends, the list is sorted and the state of the groups can be told.", d.answersReady, d.Degraded)
		describeStream(ops)
		describeTokens(ops)
		r.Get("/openapi.json", openAPI(ops))

		r.Get("/", file("index.html"))
		r.Get("/docs", file("docs.html"))
		r.Get("/assets/{name}", asset)
	})
	return h
}

// NewOperations returns the handler of a process that answers no questions about posts: its health, its metrics and how
// the groups stand. Of d it takes Config, Version, Status, Ready, Degraded, Metrics and Log.
func NewOperations(d Deps) *Handler {
	h, mux := newHandler(&d, "There is nothing at this address. This process serves /health/live, /health/ready, /v1/status and /metrics.")
	mux.Group(func(r chi.Router) {
		h.guard(r, &d)
		ops := newOperations(r, d.Version)
		routeStatus(ops, d.Status, d.Log)
		routeHealth(ops, "Ready when the groups of this process have read their tables and the state of all groups can be told.", d.worksReady, d.Degraded)
	})
	return h
}

// newHandler returns what all handlers have: names and limits of requests, answers to what they do not know, and /metrics.
// It fills in what d may leave out.
func newHandler(d *Deps, unknown string) (*Handler, *chi.Mux) {
	d.Log = slog.New(correlated{d.Log.Handler()})
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Known == nil {
		d.Known = d.Now
	}
	mux := chi.NewMux()
	mux.Use(identify, allowOrigins(d.Config.Origins), limitSize(d.EventLimits.MaxBytes+1), middleware.GetHead)
	mux.NotFound(plainProblem(http.StatusNotFound, unknown))
	mux.MethodNotAllowed(notAllowed(mux))
	if d.Metrics != nil {
		mux.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{}))
	}
	return &Handler{Handler: mux, closing: make(chan struct{}), metrics: newMetrics(d.Metrics)}, mux
}

// notAllowed says which methods an address takes.
func notAllowed(mux *chi.Mux) http.HandlerFunc {
	answer := plainProblem(http.StatusMethodNotAllowed, "This address does not take that method.")
	return func(w http.ResponseWriter, r *http.Request) {
		path := cmp.Or(r.URL.RawPath, r.URL.Path)
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			asked := method
			if method == http.MethodHead { // is answered by GET
				asked = http.MethodGet
			}
			if mux.Match(chi.NewRouteContext(), asked, path) {
				allowed = append(allowed, method)
			}
		}
		w.Header().Set("Allow", strings.Join(allowed, ", "))
		answer(w, r)
	}
}

// watch measures and logs what routes answer.
func (h *Handler) watch(d *Deps) func(http.Handler) http.Handler {
	return observe(h.metrics, d.Log, d.Config.Slow)
}

// guard measures, bounds and catches what the routes of r do.
func (h *Handler) guard(r chi.Router, d *Deps) {
	r.Use(h.watch(d), recoverPanics(d.Log), limitTime(d.Config.RequestTimeout), compressed)
}
