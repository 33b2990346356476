package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/timeline"
)

type listInput struct {
	UserID string `path:"user_id"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"Items of a page"`
	Cursor string `query:"cursor" maxLength:"2048" doc:"next_cursor of the page before. What is in the list all the time is on one page exactly, whatever comes and goes meanwhile"`
}

// Resolve implements huma.Resolver.
func (*listInput) Resolve(ctx huma.Context) []error { return refuseEmpty(ctx, "limit") }

// listPage is the form of a page of any list; that of the trending list says its window as well.
type listPage[T any] struct {
	AsOf       string  `json:"as_of" format:"date-time" doc:"Moment at which it was read, RFC 3339, UTC, milliseconds"`
	Items      []T     `json:"items" nullable:"false"`
	NextCursor *string `json:"next_cursor" doc:"Where the next page begins; null at the end of the list"`
}

type listOutput[T any] struct{ Body listPage[T] }

// followItem is the other end of a follow.
type followItem struct {
	UserID      string  `json:"user_id"`
	Username    string  `json:"username"`
	DisplayName string  `json:"display_name"`
	FollowedAt  *string `json:"followed_at" format:"date-time" doc:"Since when; null where it is not known"`
}

func routeLists(ops huma.API, d *Deps) {
	routeList(ops, d, "posts", "Posts of a user", "The posts of a user that readers see, the newest first, with their lifetime counts.", Timeline.Posts, d.item)
	routeList(ops, d, "following", "Whom a user follows", "The latest follow first. Deleted users are left out.", Timeline.Following, follow)
	routeList(ops, d, "followers", "Who follows a user", "The latest follow first. Deleted users are left out.", Timeline.Followers, follow)
}

func routeList[From, To any](ops huma.API, d *Deps, name, summary, description string, read func(t Timeline, userID, after string, limit int) ([]From, string, error), show func(From) To) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "list-user-" + name,
		Method:      http.MethodGet,
		Path:        "/v1/users/{user_id}/" + name,
		Summary:     summary,
		Description: description,
		Tags:        []string{"Users"},
		Errors:      []int{http.StatusBadRequest, http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *listInput) (*listOutput[To], error) {
		if !d.recovered() {
			return nil, recovering()
		}
		found, next, err := read(d.Timeline, in.UserID, in.Cursor, in.Limit)
		if err != nil {
			return nil, asProblem(err)
		}
		page := listPage[To]{AsOf: d.asOf(), Items: make([]To, len(found))}
		for i, item := range found {
			page.Items[i] = show(item)
		}
		if next != "" {
			page.NextCursor = &next
		}
		return &listOutput[To]{page}, nil
	})
}

func follow(f timeline.Follow) followItem {
	return followItem{f.UserID, f.Username, f.DisplayName, moment(f.At)}
}
