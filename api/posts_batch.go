package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type batchInput struct {
	IDs []string `query:"ids" required:"true" minItems:"1" maxItems:"100" nullable:"false" doc:"Ids of posts, with commas between them"`
}

type batchOutput struct{ Body postBatch }

type postBatch struct {
	AsOf    string     `json:"as_of" format:"date-time" doc:"Moment at which they were read, RFC 3339, UTC, milliseconds"`
	Items   []PostItem `json:"items" nullable:"false" doc:"Those that there are, in the order asked for"`
	Missing []string   `json:"missing" nullable:"false" doc:"Ids of those that there are not or that readers do not see, in the order asked for"`
}

func routePostBatch(ops huma.API, d *Deps) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-posts",
		Method:      http.MethodGet,
		Path:        "/v1/posts",
		Summary:     "Several posts",
		Description: "Up to 100 posts with their lifetime counts.",
		Tags:        []string{"Posts"},
		Errors:      []int{http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *batchInput) (*batchOutput, error) {
		if !d.recovered() {
			return nil, recovering()
		}
		body := postBatch{AsOf: d.asOf(), Items: make([]PostItem, 0, len(in.IDs)), Missing: []string{}}
		for _, id := range in.IDs {
			if post, found := d.Timeline.Post(id); found {
				body.Items = append(body.Items, d.item(post))
			} else {
				body.Missing = append(body.Missing, id)
			}
		}
		return &batchOutput{body}, nil
	})
	for _, p := range ops.OpenAPI().Paths["/v1/posts"].Get.Parameters {
		if p.Name == "ids" { // an empty id would be written like no list, and one with a comma like two
			p.Schema.Items.Pattern = "^[^,]+$"
			p.Schema.PrecomputeMessages()
		}
	}
}
