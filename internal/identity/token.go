package identity

import (
	"crypto"
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/golang-jwt/jwt/v5"

	"github.com/nova-social/nova-streams/api"
)

// Limits of a token, in bytes. They are checked before anything is decoded or looked up.
const (
	maxToken = 8 << 10
	maxKid   = 256
	maxName  = 256 // of sub and jti
)

// maxSeconds is the end of the year 9999, Unix s: no time of a token is later.
const maxSeconds = 253_402_300_799

// userPrefix begins the id of a revocation of all tokens of a user. No jti may begin like this.
const userPrefix = "user:"

// token is one taken apart; nothing of it is to be believed before its signature is checked.
type token struct {
	header    header
	claims    claims
	signed    string
	signature []byte
	by        crypto.PublicKey // of the key whose signature it is; nil where that is not checked
}

// header are the parameters of a token that count. What else is there has no effect: no key and no address of one is taken
// from a token.
type header struct {
	Alg  string         `json:"alg"`
	Kid  string         `json:"kid"`
	Typ  string         `json:"typ"`
	Crit jsontext.Value `json:"crit"`
	Zip  jsontext.Value `json:"zip"`
	B64  jsontext.Value `json:"b64"`
}

// claims are what a token says.
type claims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	Expires   *seconds `json:"exp"`
	NotBefore *seconds `json:"nbf"`
	IssuedAt  *seconds `json:"iat"`
	ID        string   `json:"jti"`
	Role      api.Role `json:"role"`
}

var _ jwt.Claims = (*claims)(nil)

func bad(reason string) error { return fmt.Errorf("%w: %s", api.ErrBadToken, reason) }

// parse takes a token apart. It refuses what a reader could take for two things: padding, space, names that come twice or
// in other letters, parts beyond three.
func parse(text string) (*token, error) {
	if len(text) > maxToken {
		return nil, bad(fmt.Sprintf("it has more than %d bytes", maxToken))
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, bad("it is not made of three parts")
	}
	t := &token{signed: parts[0] + "." + parts[1]}
	var err error
	if err = decode(parts[0], &t.header); err != nil {
		return nil, bad("its header cannot be read")
	}
	if err = t.header.check(); err != nil {
		return nil, err
	}
	if err = decode(parts[1], &t.claims); err != nil {
		return nil, bad("its claims cannot be read")
	}
	if t.signature, err = segment(parts[2]); err != nil || len(t.signature) == 0 {
		return nil, bad("its signature cannot be read")
	}
	return t, nil
}

// segment decodes base64url in its one form. The package leaves out line breaks by itself.
func segment(part string) ([]byte, error) {
	if strings.ContainsAny(part, "\r\n") {
		return nil, base64.CorruptInputError(0)
	}
	return base64.RawURLEncoding.Strict().DecodeString(part)
}

func decode(part string, into any) error {
	text, err := segment(part)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(strings.TrimLeft(string(text), " \t\r\n"), "{") { // null would be nothing, quietly
		return errors.New("not an object")
	}
	return json.Unmarshal(text, into)
}

func (h *header) check() error {
	switch h.Alg {
	case jwt.SigningMethodRS256.Alg(), jwt.SigningMethodES256.Alg(), jwt.SigningMethodEdDSA.Alg():
	default:
		return bad("its algorithm is not RS256, ES256 or EdDSA")
	}
	if h.Crit != nil || h.Zip != nil || h.B64 != nil {
		return bad("its header asks for what is not done here")
	}
	if kind, _, err := mime.ParseMediaType(h.Typ); err != nil || !isTokenType(kind) {
		return bad("its typ is not JWT or at+jwt")
	}
	if len(h.Kid) > maxKid {
		return bad(fmt.Sprintf("its kid has more than %d bytes", maxKid))
	}
	return nil
}

// isTokenType reports whether typ is that of an access token (RFC 9068 §2.1), in lower case.
func isTokenType(kind string) bool {
	kind = strings.TrimPrefix(kind, "application/")
	return kind == "jwt" || kind == "at+jwt"
}

// check reports what is wrong with the claims that golang-jwt does not know: iat, jti and sub must be there, as without them
// a token could not be revoked.
func (c *claims) check() error {
	switch {
	case c.IssuedAt == nil:
		return bad("it has no iat")
	case c.Subject == "" || len(c.Subject) > maxName:
		return bad(fmt.Sprintf("its sub must have from 1 to %d bytes", maxName))
	case c.ID == "" || len(c.ID) > maxName:
		return bad(fmt.Sprintf("its jti must have from 1 to %d bytes", maxName))
	case strings.HasPrefix(c.ID, userPrefix):
		return bad("its jti must not begin with " + userPrefix)
	}
	switch c.Role {
	case api.RoleUser, api.RoleService, api.RoleOperator:
		return nil
	default:
		return bad("its role is not user, service or operator")
	}
}

// audience is a text or a list of them (RFC 7519 §4.1.3).
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

// seconds is a NumericDate, Unix s (RFC 7519 §2).
type seconds float64

func (s *seconds) date() (*jwt.NumericDate, error) {
	switch {
	case s == nil:
		return nil, nil //nolint:nilnil // golang-jwt wants so for a claim that is not there
	case *s < 0 || *s > maxSeconds:
		return nil, jwt.ErrTokenMalformed
	}
	return jwt.NewNumericDate(s.time()), nil
}

func (s *seconds) time() time.Time { return time.UnixMilli(int64(*s * 1000)) }

// GetExpirationTime implements jwt.Claims.
func (c *claims) GetExpirationTime() (*jwt.NumericDate, error) { return c.Expires.date() }

// GetIssuedAt implements jwt.Claims.
func (c *claims) GetIssuedAt() (*jwt.NumericDate, error) { return c.IssuedAt.date() }

// GetNotBefore implements jwt.Claims.
func (c *claims) GetNotBefore() (*jwt.NumericDate, error) { return c.NotBefore.date() }

// GetIssuer implements jwt.Claims.
func (c *claims) GetIssuer() (string, error) { return c.Issuer, nil }

// GetSubject implements jwt.Claims.
func (c *claims) GetSubject() (string, error) { return c.Subject, nil }

// GetAudience implements jwt.Claims.
func (c *claims) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings(c.Audience), nil }
