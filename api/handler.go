package api

import (
	"net/http"
	"sync"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Handler answers every route of the API.
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
	mux := chi.NewMux()
	h := &Handler{Handler: mux, closing: make(chan struct{})}
	mux.Use(middleware.GetHead)
	mux.NotFound(plainProblem(http.StatusNotFound, "There is nothing at this address. The routes are listed at /docs."))
	notAllowed := plainProblem(http.StatusMethodNotAllowed, "This address does not take that method.")
	mux.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", "GET, HEAD") // all there is so far
		notAllowed(w, r)
	})

	mux.Get("/v1/trending/stream", streamTrending(d.Trending, d.Config.Heartbeat, h.closing))

	mux.Group(func(r chi.Router) {
		r.Use(newMetrics(d.Metrics).observe, recoverPanics(d.Log), limitTime(d.Config.RequestTimeout))

		ops := newOperations(r, d.Version)
		routeTrending(ops, d.Trending)
		routePosts(ops, d.Posts)
		routeStatus(ops, d.Status, d.Log)
		routeHealth(ops, d)
		describeStream(ops)
		r.Get("/openapi.json", openAPI(ops))

		r.Get("/", file("index.html"))
		r.Get("/docs", file("docs.html"))
		r.Get("/assets/{name}", asset)
		r.Get("/page/titles", titles(d.Titles))
	})
	if d.Metrics != nil {
		mux.Method(http.MethodGet, "/metrics", promhttp.HandlerFor(d.Metrics, promhttp.HandlerOpts{}))
	}
	return h
}
