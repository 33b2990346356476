package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Limits of a request, in bytes; those of its headers are the server's.
const (
	maxURL  = 32 << 10 // every cursor that the document allows fits in, escaped
	maxBody = 2 << 20  // what an operation takes is its own, lower limit
)

// limitSize refuses what is too large before anything is read of it. largest is the largest body that an operation takes.
func limitSize(largest int64) func(http.Handler) http.Handler {
	largest = max(largest, maxBody)
	tooLong := plainProblem(http.StatusRequestURITooLong, "The address is longer than 32 KiB.")
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case len(r.RequestURI) > maxURL:
				tooLong(w, r)
				return
			case r.ContentLength > largest:
				writeProblem(w, problem(problemTooLarge, http.StatusRequestEntityTooLarge, "The body is larger than anything here takes."))
				return
			case r.ContentLength != 0:
				r.Body = http.MaxBytesReader(w, r.Body, largest)
			}
			next.ServeHTTP(w, r)
		})
	}
}

// refuseEmpty refuses query parameters that are to be numbers and have no value, which else would be taken for their defaults.
func refuseEmpty(ctx huma.Context, names ...string) (errs []error) {
	url := ctx.URL()
	query := url.Query()
	for _, name := range names {
		if query.Has(name) && query.Get(name) == "" {
			errs = append(errs, &huma.ErrorDetail{Location: "query." + name, Message: "expected a number", Value: ""})
		}
	}
	return errs
}
