package api

import (
	"context"
	"errors"
)

// Role says what a caller may do.
type Role string

// The roles of callers.
const (
	RoleUser     Role = "user"     // writes for itself
	RoleService  Role = "service"  // writes for any user
	RoleOperator Role = "operator" // looks after the system
)

// Caller is who asks.
type Caller struct {
	Subject string // a user's id, or the name of a service or an operator
	Role    Role
}

// Speaks reports whether the caller may write in the name of a user.
func (c Caller) Speaks(userID string) bool {
	return c.Role == RoleService || c.Role == RoleUser && c.Subject == userID
}

// What is wrong with a token. An error of Callers wraps one of them.
var (
	ErrBadToken   = errors.New("api: the token is not valid")
	ErrRevoked    = errors.New("api: the token has been revoked")
	ErrKeysAway   = errors.New("api: the keys of tokens are not at hand")
	ErrNoIdentity = errors.New("api: no keys of tokens are configured")
	// ErrRevocationsAway says that it is not known yet which tokens have been revoked.
	ErrRevocationsAway = errors.New("api: the revocations of tokens are still being read")
)

// Callers tells who sent a token.
type Callers interface {
	// Caller returns who a token speaks for. It fails with ErrBadToken, ErrRevoked, ErrKeysAway, ErrRevocationsAway or
	// ErrNoIdentity, each with what a client may know of the reason.
	Caller(ctx context.Context, token string) (Caller, error)
	// Revoked returns a channel that is closed when the token is no longer valid, by time or by revocation, and a
	// function that ends the watch. Streams that were opened with a token end then.
	Revoked(token string) (ended <-chan struct{}, cancel func())
}

// WithCaller returns a context that carries who asks, for a request from within the program.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, requestKey{}, &request{requestOf(ctx).id, &c})
}

// CallerOf returns who asks, and false for nobody who has said so.
func CallerOf(ctx context.Context) (Caller, bool) {
	if caller := requestOf(ctx).caller; caller != nil {
		return *caller, true
	}
	return Caller{}, false
}
