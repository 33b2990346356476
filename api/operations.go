package api

import (
	"encoding/json"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/nova-social/nova-streams/internal/trending"
)

// newOperations returns the part of the API that describes itself: what is registered with it is in the OpenAPI
// document, and its parameters are checked against that.
func newOperations(r chi.Router, version string) huma.API {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schemas.RegisterTypeAlias(reflect.TypeFor[trending.Points](), reflect.TypeFor[float64]())
	return onRouter(r, &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{
			Title:       "Nova Streams",
			Version:     version,
			Description: "What the streams have counted, and what the application's database says: trending posts, posts and their statistics, users and whom they follow, and how the flow stands.",
		},
		Components: &huma.Components{Schemas: schemas},
	})
}

func onRouter(r chi.Router, document *huma.OpenAPI) huma.API {
	ops := humachi.New(r, describedBy(document))
	ops.UseMiddleware(refuseRepeats)
	return ops
}

func describedBy(document *huma.OpenAPI) huma.Config {
	text := huma.Format{Marshal: encode, Unmarshal: json.Unmarshal}
	return huma.Config{
		OpenAPI:       document,
		Formats:       map[string]huma.Format{"application/json": text, "json": text},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{nameErrors},
	}
}

// sameDocument returns operations on another router that are in the document of ops.
func sameDocument(r chi.Router, ops huma.API) huma.API {
	return onRouter(r, ops.OpenAPI())
}

// describedOnly returns operations that are in the document of ops and answered elsewhere.
func describedOnly(ops huma.API) huma.API {
	return huma.NewAPI(describedBy(ops.OpenAPI()), unrouted{})
}

type unrouted struct{}

// Handle implements huma.Adapter.
func (unrouted) Handle(*huma.Operation, func(huma.Context)) {}

// ServeHTTP implements huma.Adapter.
func (unrouted) ServeHTTP(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }

// openAPI serves the document. All operations must be registered before.
func openAPI(ops huma.API) http.HandlerFunc {
	document, err := ops.OpenAPI().MarshalJSON()
	return func(w http.ResponseWriter, _ *http.Request) {
		if err != nil {
			writeProblem(w, problem("", http.StatusInternalServerError, "The document could not be written."))
			return
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(document)
	}
}
