package identity

import (
	"errors"
	"fmt"

	"github.com/golang-jwt/jwt/v5"

	"github.com/nova-social/nova-streams/api"
)

var (
	// errKeysAway says that no key can be trusted now.
	errKeysAway = fmt.Errorf("%w: they could not be fetched for too long", api.ErrKeysAway)
	// errNoKey says that no key has the kid of a token.
	errNoKey = errors.New("identity: no key has this kid")
)

// reasons say what a client may know of what golang-jwt finds.
var reasons = []struct {
	err  error
	text string
}{
	{jwt.ErrTokenMalformed, "a time in it is out of range"},
	{jwt.ErrTokenRequiredClaimMissing, "it lacks iss, aud or exp"},
	{jwt.ErrTokenInvalidIssuer, "its iss is another"},
	{jwt.ErrTokenInvalidAudience, "its aud is another"},
	{jwt.ErrTokenExpired, "it has expired"},
	{jwt.ErrTokenNotValidYet, "it is not valid yet"},
	{jwt.ErrTokenUsedBeforeIssued, "it was issued in the future"},
}

func asBad(err error) error {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return bad(r.text)
		}
	}
	return bad("its claims are not valid")
}
