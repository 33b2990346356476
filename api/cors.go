package api

import (
	"net/http"

	"github.com/go-chi/cors"
)

// allowOrigins lets web pages of other origins call the API; without any, browsers keep them out. Cookies mean nothing
// here, so none are asked for.
func allowOrigins(origins []string) func(http.Handler) http.Handler {
	if len(origins) == 0 {
		return func(next http.Handler) http.Handler { return next }
	}
	return cors.Handler(cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost},
		AllowedHeaders: []string{"Authorization", "Content-Type", "If-None-Match", "Last-Event-ID", requestIDHeader},
		ExposedHeaders: []string{"ETag", "Retry-After", requestIDHeader},
		MaxAge:         600, // seconds
	})
}
