package api

import (
	"net/http"
	"sync"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers the routes of the API, or those of operations only.
type Handler struct {
	http.Handler
	closing chan struct{}
	once    sync.Once
}

// EndStreams ends the streams that are open, so that a server can drain. Other answers are not cut short.
func (h *Handler) EndStreams() { h.once.Do(func() { close(h.closing) }) }

// New returns the handler of all routes. It reads nothing before the first request. d must be whole but for what is
// optional.
func New(d Deps) *Handler {
	h, mux := newHandler(d, "There is nothing at this address. The routes are listed at /docs.")
	mux.Get("/v1/trending/stream", streamTrending(d.Trending, d.Config.Heartbeat, h.closing))
	mux.Group(func(r chi.Router) {
		guard(r, d)
		ops := newOperations(r, d.Version)
		routeTrending(ops, d.Trending)
		routePosts(ops, d.Posts)
		routeEngagement(ops, d.Engagement, d.Posts, d.Log)
		routeStatus(ops, d.Status, d.Log)
		routeHealth(ops, "Ready when the views have been read up to their ends, the list is sorted and the state of the groups can be told.", d.answersReady, d.Degraded)
		describeStream(ops)
		r.Get("/openapi.json", openAPI(ops))

		r.Get("/", file("index.html"))
		r.Get("/docs", file("docs.html"))
		r.Get("/assets/{name}", asset)
		r.Get("/page/titles", titles(d.Titles))
	})
	return h
}

// NewOperations returns the handler of a process that answers no questions about posts: its health, its metrics and how
// the groups stand. Of d it takes Config, Version, Status, Ready, Degraded, Metrics and Log.
func NewOperations(d Deps) *Handler {
	h, mux := newHandler(d, "There is nothing at this address. This process serves /health/live, /health/ready, /v1/status and /metrics.")
	mux.Group(func(r chi.Router) {
		guard(r, d)
		ops := newOperations(r, d.Version)
		routeStatus(ops, d.Status, d.Log)
		routeHealth(ops, "Ready when the groups of this process have read their tables and the state of all groups can be told.", d.worksReady, d.Degraded)
	})
	return h
}

// newHandler returns what all handlers have: answers to what they do not know, and /metrics.
func newHandler(d Deps, unknown string) (*Handler, *chi.Mux) {
	mux := chi.NewMux()
	mux.Use(middleware.GetHead)
	mux.NotFound(plainProblem(http.StatusNotFound, unknown))
	notAllowed := plainProblem(http.StatusMethodNotAllowed, "This address does not take that method.")
	mux.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, HEAD") // all there is so far
		notAllowed(w, r)
	})
	if d.Metrics != nil {
		mux.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{}))
	}
	return &Handler{Handler: mux, closing: make(chan struct{})}, mux
}

// guard measures, bounds and catches what the routes of r do.
func guard(r chi.Router, d Deps) {
	r.Use(newMetrics(d.Metrics).observe, recoverPanics(d.Log), limitTime(d.Config.RequestTimeout))
}
