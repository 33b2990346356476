package api

import (
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
	return humachi.New(r, huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:       "Nova Streams",
				Version:     version,
				Description: "What the streams have counted: trending posts, statistics of posts, and how the flow stands.",
			},
			Components: &huma.Components{Schemas: schemas},
		},
		Formats:       map[string]huma.Format{"application/json": {Marshal: trending.Encode}, "json": {Marshal: trending.Encode}},
		DefaultFormat: "application/json",
	})
}

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
