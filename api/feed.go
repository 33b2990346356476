package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/feed"
)

type feedInput struct {
	UserID string `query:"user_id" maxLength:"256" doc:"Whose feed it is: services have to say, users may for their own only"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Items of a page"`
	Cursor string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before. Pages of one order neither repeat nor skip a post that stays to be seen; their limits may differ"`
	Offset int    `query:"offset" minimum:"0" maximum:"5000" doc:"In place of a cursor: how many items the pages before had. The order moves meanwhile, so posts may be repeated or skipped"`
}

// Resolve implements huma.Resolver.
func (in *feedInput) Resolve(ctx huma.Context) []error {
	errs := refuseEmpty(ctx, "limit", "offset")
	if in.Cursor == "" {
		return errs
	}
	url := ctx.URL()
	if query := url.Query(); query.Has("offset") {
		errs = append(errs, &huma.ErrorDetail{Location: "query.offset", Message: "not together with cursor", Value: query.Get("offset")})
	}
	return errs
}

type feedOutput struct{ Body feedBody }

// feedPage is what feedBody writes, for the document.
type feedPage struct {
	AsOf       string     `json:"as_of" format:"date-time" doc:"Moment of the order, RFC 3339, UTC, milliseconds; what the items say is of now"`
	Items      []feedItem `json:"items" nullable:"false" doc:"May be fewer than limit, or none, before the end"`
	NextCursor *string    `json:"next_cursor" doc:"Where the next page begins; null at the end of the list"`
}

type feedItem struct {
	PostID    string      `json:"post_id"`
	Author    *feedAuthor `json:"author,omitempty" doc:"Missing where it is not known"`
	Caption   string      `json:"caption"`
	CreatedAt *string     `json:"created_at" format:"date-time" doc:"null where it is not known"`
	Stats     PostCounts  `json:"stats" doc:"Lifetime counts"`
	Reason    feedReason  `json:"reason" doc:"Why the post is there, and what it was worth to the reader as of as_of"`
}

type feedAuthor struct {
	UserID      string `json:"user_id"`
	Username    string `json:"username"`
	DisplayName string `json:"display_name"`
}

type feedReason struct {
	Kind       string  `json:"kind" enum:"followed,trending" doc:"followed: the reader follows the author. trending: the post is on the trending list"`
	Score      float64 `json:"score" doc:"By which posts are ordered: the sum of the others, all to six decimals"`
	Freshness  float64 `json:"freshness"`
	Engagement float64 `json:"engagement"`
	Affinity   float64 `json:"affinity" doc:"For the reader's reactions to the author"`
}

func routeFeed(ops huma.API, d *Deps) {
	op := tags(huma.Operation{
		OperationID: "get-feed",
		Method:      http.MethodGet,
		Path:        "/v1/feed",
		Summary:     "A reader's feed",
		Description: "What is new from those whom the reader follows, and what is trending, without what the reader has seen, wrote, or is not to see. " +
			"A reader of whom nothing is known gets what is trending.",
		Tags:        []string{"Feed"},
		Security:    []map[string][]string{{tokenScheme: {}}},
		Middlewares: huma.Middlewares{needsToken(d.Callers)},
		Errors: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusGone, http.StatusUnprocessableEntity, http.StatusServiceUnavailable,
		},
	})
	huma.Register(ops, op, func(ctx context.Context, in *feedInput) (*feedOutput, error) {
		reader, err := readerOf(ctx, in.UserID, "query.user_id")
		if err != nil {
			return nil, err
		}
		if !d.recovered() {
			return nil, recovering()
		}
		page, err := d.Feed.Page(ctx, feed.Request{ReaderID: reader, Cursor: in.Cursor, Offset: in.Offset, Limit: in.Limit})
		if err != nil {
			return nil, asProblem(err)
		}
		return &feedOutput{feedBody{page, d.Posts}}, nil
	})
}

// readerOf returns for whom a caller asks. where says where userID is from.
func readerOf(ctx context.Context, userID, where string) (string, error) {
	caller, _ := CallerOf(ctx)
	switch {
	case caller.Role == RoleOperator:
		return "", problem(problemForbidden, http.StatusForbidden, "Operators have no feed: feeds are users', and services may ask for them.")
	case caller.Role == RoleUser && userID == "":
		return caller.Subject, nil
	case userID == "":
		return "", &huma.ErrorModel{
			Title: http.StatusText(http.StatusUnprocessableEntity), Status: http.StatusUnprocessableEntity, Detail: "validation failed",
			Errors: []*huma.ErrorDetail{{Location: where, Message: "expected of services", Value: ""}},
		}
	case !caller.Speaks(userID):
		return "", problem(problemForbidden, http.StatusForbidden, "The token is another user's.")
	}
	return userID, nil
}
