package api

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/trending"
)

// limitTime gives each request a deadline; handlers that wait for something give up at it.
func limitTime(limit time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), limit)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// recoverPanics turns a panic into a 500 and a log entry with its stack: one bad answer, not the end of the process.
func recoverPanics(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				switch cause := recover(); cause {
				case nil:
				case http.ErrAbortHandler:
					panic(cause)
				default:
					log.ErrorContext(r.Context(), "panic in a handler", "path", r.URL.Path, "cause", cause, "stack", string(debug.Stack()))
					writeProblem(w, problem("", http.StatusInternalServerError, "Internal error."))
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
}

func plainProblem(status int, detail string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { writeProblem(w, problem("", status, detail)) }
}

// writeProblem answers outside of the operations, in the same form.
func writeProblem(w http.ResponseWriter, p *huma.ErrorModel) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Del("Content-Length")
	w.WriteHeader(p.Status)
	_ = trending.Encode(w, p)
}

// writeError answers outside of the operations with what one of them would fail with.
func writeError(w http.ResponseWriter, err error) {
	if more, ok := errors.AsType[huma.HeadersError](err); ok {
		maps.Copy(w.Header(), more.GetHeaders())
	}
	p, ok := errors.AsType[*huma.ErrorModel](err)
	if !ok {
		p = problem("", http.StatusInternalServerError, "Internal error.")
	}
	writeProblem(w, p)
}
