package api

import (
	"log/slog"
	"net/http"
	"time"

	"golang.org/x/time/rate"
)

// warnings is how many warnings there are in a second, at most: when something below is slow, everything is.
const warnings = 10

// observe measures what the routes answer, and logs it: slow answers and internal errors as warnings, all others for
// those who debug. m may be nil.
func observe(m *metrics, log *slog.Logger, slow time.Duration) func(http.Handler) http.Handler {
	warn := rate.NewLimiter(warnings, warnings)
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			seen := seenAnswer{ResponseWriter: w, status: http.StatusOK}
			next.ServeHTTP(&seen, r)
			took := time.Since(began)
			m.answered(r.Context(), r.Method, seen.status, took)
			level := slog.LevelDebug
			if (took >= slow || seen.status == http.StatusInternalServerError) && warn.Allow() {
				level = slog.LevelWarn
			}
			if log.Enabled(r.Context(), level) {
				log.LogAttrs(r.Context(), level, "answered", slog.String("method", r.Method), slog.String("path", r.URL.Path),
					slog.Int("status", seen.status), slog.Int64("bytes", seen.bytes), slog.Duration("took", took))
			}
		})
	}
}

// seenAnswer notes what is answered.
type seenAnswer struct {
	http.ResponseWriter
	status int
	bytes  int64
	begun  bool
}

func (s *seenAnswer) WriteHeader(status int) {
	if !s.begun {
		s.status, s.begun = status, status >= http.StatusOK // others only announce
	}
	s.ResponseWriter.WriteHeader(status)
}

func (s *seenAnswer) Write(p []byte) (int, error) {
	s.begun = true
	n, err := s.ResponseWriter.Write(p)
	s.bytes += int64(n)
	return n, err //nolint:wrapcheck // a writer's error is its own
}

// Unwrap lets streams flush and deadlines be set.
func (s *seenAnswer) Unwrap() http.ResponseWriter { return s.ResponseWriter }
