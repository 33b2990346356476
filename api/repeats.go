package api

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// refuseRepeats refuses a query that says something twice: only the first would count, without a word.
func refuseRepeats(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	if strings.Contains(r.URL.RawQuery, "&") {
		query, _ := url.ParseQuery(r.URL.RawQuery) // what cannot be read is no parameter
		for name, values := range query {
			if len(values) > 1 {
				p := problem("", http.StatusUnprocessableEntity, "validation failed")
				p.Errors = []*huma.ErrorDetail{{Location: "query." + name, Message: "expected once; a list has commas between its parts", Value: values}}
				writeProblem(w, p)
				return
			}
		}
	}
	next(ctx)
}

// nameErrors gives what is wrong with a body the type that clients tell it by, also where the router found it.
func nameErrors(_ huma.Context, _ string, v any) (any, error) {
	p, ok := v.(*huma.ErrorModel)
	if !ok || p.Type != "" {
		return v, nil
	}
	switch p.Status {
	case http.StatusRequestEntityTooLarge:
		p.Type, p.Detail = problemTooLarge, "The body is larger than this takes."
	case http.StatusBadRequest:
		p.Type = problemMalformed
	}
	return p, nil
}
