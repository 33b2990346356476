package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

type userInput struct {
	UserID string `path:"user_id"`
}

type userOutput struct{ Body userProfile }

type userProfile struct {
	AsOf        string  `json:"as_of" format:"date-time" doc:"Moment at which it was read, RFC 3339, UTC, milliseconds"`
	UserID      string  `json:"user_id"`
	Username    string  `json:"username"`
	DisplayName string  `json:"display_name"`
	CreatedAt   *string `json:"created_at" format:"date-time" doc:"null where it is not known"`
	Followers   int     `json:"followers" doc:"Deleted users are not counted"`
	Following   int     `json:"following" doc:"Deleted users are not counted"`
	Posts       int     `json:"posts" doc:"Those that readers see"`
}

func routeUser(ops huma.API, d *Deps) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-user",
		Method:      http.MethodGet,
		Path:        "/v1/users/{user_id}",
		Summary:     "A user",
		Description: "The profile of a user, with numbers that are exact as of what has been read of the database.",
		Tags:        []string{"Users"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *userInput) (*userOutput, error) {
		if !d.Timeline.Recovered() {
			return nil, recovering()
		}
		u, found := d.Timeline.User(in.UserID)
		if !found {
			return nil, userNotFound()
		}
		return &userOutput{userProfile{d.asOf(), u.ID, u.Username, u.DisplayName, moment(u.CreatedAt), u.Followers, u.Following, u.Posts}}, nil
	})
}

type relationshipInput struct {
	UserID  string `path:"user_id"`
	OtherID string `path:"other_id"`
}

type relationshipOutput struct{ Body relationship }

type relationship struct {
	AsOf       string `json:"as_of" format:"date-time" doc:"Moment at which it was read, RFC 3339, UTC, milliseconds"`
	UserID     string `json:"user_id"`
	OtherID    string `json:"other_id"`
	Following  bool   `json:"following" doc:"The user follows the other"`
	FollowedBy bool   `json:"followed_by" doc:"The other follows the user"`
	Mutual     bool   `json:"mutual" doc:"Both"`
}

func routeRelationship(ops huma.API, d *Deps) {
	huma.Register(ops, tags(huma.Operation{
		OperationID: "get-relationship",
		Method:      http.MethodGet,
		Path:        "/v1/users/{user_id}/relationships/{other_id}",
		Summary:     "Who follows whom of two users",
		Tags:        []string{"Users"},
		Errors:      []int{http.StatusNotFound, http.StatusServiceUnavailable},
	}), func(_ context.Context, in *relationshipInput) (*relationshipOutput, error) {
		if !d.Timeline.Recovered() {
			return nil, recovering()
		}
		r, found := d.Timeline.Relationship(in.UserID, in.OtherID)
		if !found {
			return nil, userNotFound()
		}
		return &relationshipOutput{relationship{d.asOf(), in.UserID, in.OtherID, r.Following, r.FollowedBy, r.Following && r.FollowedBy}}, nil
	})
}
