package api

import (
	"embed"
	"net/http"

	"github.com/go-chi/chi/v5"
)

// web holds the page and the reference: plain files, no build step, nothing from elsewhere.
//
//go:embed web
var web embed.FS

// contentPolicy keeps the pages to what this server itself serves.
const contentPolicy = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func file(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", contentPolicy)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, web, "web/"+name)
	}
}

func asset(w http.ResponseWriter, r *http.Request) { file(chi.URLParam(r, "name"))(w, r) }
