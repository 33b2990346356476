package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/nova-social/nova-streams/internal/feed"
	"github.com/nova-social/nova-streams/internal/suggestions"
	"github.com/nova-social/nova-streams/internal/timeline"
	"github.com/nova-social/nova-streams/internal/trending"
)

// The types of problems a client may want to tell apart; stable. Others are about:blank.
const (
	problemBadCursor     = "urn:nova:problem:bad-cursor"
	problemCursorExpired = "urn:nova:problem:cursor-expired"
	problemPostNotFound  = "urn:nova:problem:post-not-found"
	problemUserNotFound  = "urn:nova:problem:user-not-found"
	problemRecovering    = "urn:nova:problem:recovering"
	problemForbidden     = "urn:nova:problem:forbidden"
	problemMalformed     = "urn:nova:problem:malformed"
	problemTooLarge      = "urn:nova:problem:too-large"
	problemUnavailable   = "urn:nova:problem:unavailable"
)

func problem(kind string, status int, detail string) *huma.ErrorModel {
	return &huma.ErrorModel{Type: kind, Title: http.StatusText(status), Status: status, Detail: detail}
}

// recovering is the answer of a view that has not read its table yet.
func recovering() error {
	return huma.ErrorWithHeaders(
		problem(problemRecovering, http.StatusServiceUnavailable, "The table behind this answer is still being read. Try again in a moment."),
		http.Header{"Retry-After": {"1"}},
	)
}

func postNotFound() error {
	return problem(problemPostNotFound, http.StatusNotFound, "Nothing has been counted for this post, or readers do not see it.")
}

func userNotFound() error {
	return problem(problemUserNotFound, http.StatusNotFound, "There is no such user, or not any more.")
}

// asProblem is the one place where errors become answers. What it does not know is an internal error, and its text
// stays inside.
func asProblem(err error) error {
	switch {
	case errors.Is(err, trending.ErrNotReady), errors.Is(err, suggestions.ErrNotReady), errors.Is(err, feed.ErrNotReady):
		return recovering()
	case errors.Is(err, suggestions.ErrUnknownUser), errors.Is(err, timeline.ErrUserNotFound):
		return userNotFound()
	case errors.Is(err, trending.ErrBadCursor), errors.Is(err, timeline.ErrBadCursor), errors.Is(err, feed.ErrBadCursor):
		return problem(problemBadCursor, http.StatusBadRequest, "This cursor was not given out by this list. Begin again without one.")
	case errors.Is(err, trending.ErrCursorExpired), errors.Is(err, feed.ErrCursorExpired):
		return problem(problemCursorExpired, http.StatusGone, "The list of this cursor has been replaced and is kept no more. Begin again without one.")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return problem(problemUnavailable, http.StatusServiceUnavailable, "The answer took too long.")
	default:
		return problem("", http.StatusInternalServerError, "Internal error.")
	}
}
