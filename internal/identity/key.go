package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/MicahParks/jwkset"
	"github.com/golang-jwt/jwt/v5"
)

// Bits of the modulus of an RSA key: fewer are not safe, more cost too much time.
const (
	minBits = 2048
	maxBits = 8192
)

// key is a public key, with the only algorithm it is used with.
type key struct {
	kid    string
	method jwt.SigningMethod
	public crypto.PublicKey
}

// equaler is what all public keys of the standard library are.
type equaler interface{ Equal(x crypto.PublicKey) bool }

// is reports whether the key is this one.
func (k key) is(public crypto.PublicKey) bool {
	own, ok := k.public.(equaler)
	return ok && own.Equal(public)
}

// newKey binds a public key to its algorithm. Without a kid it gets its thumbprint (RFC 7638) for one.
func newKey(kid string, public crypto.PublicKey) (key, error) {
	method, err := methodOf(public)
	if err != nil {
		return key{}, err
	}
	if kid == "" {
		if kid, err = thumbprint(public); err != nil {
			return key{}, err
		}
	}
	if len(kid) > maxKid {
		return key{}, fmt.Errorf("a kid has at most %d bytes, one has %d", maxKid, len(kid))
	}
	return key{kid, method, public}, nil
}

func methodOf(public crypto.PublicKey) (jwt.SigningMethod, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minBits || bits > maxBits {
			return nil, fmt.Errorf("an RSA key must have from %d to %d bits, has %d", minBits, maxBits, bits)
		}
		if k.E < 3 || k.E%2 == 0 {
			return nil, fmt.Errorf("an RSA key must have an odd exponent of 3 or more, has %d", k.E)
		}
		return jwt.SigningMethodRS256, nil
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() {
			return nil, fmt.Errorf("an elliptic key must be of P-256, is of %s", k.Curve.Params().Name)
		}
		if _, err := k.ECDH(); err != nil {
			return nil, fmt.Errorf("reading an elliptic key: %w", err)
		}
		return jwt.SigningMethodES256, nil
	case ed25519.PublicKey:
		return jwt.SigningMethodEdDSA, nil
	default:
		return nil, fmt.Errorf("a key must be RSA, P-256 or Ed25519, is %T", public)
	}
}

// thumbprint is the SHA-256 of the key's necessary members, in base64url (RFC 7638 §3).
func thumbprint(public crypto.PublicKey) (string, error) {
	j, err := jwkset.NewJWKFromKey(public, jwkset.JWKOptions{})
	if err != nil {
		return "", fmt.Errorf("making a thumbprint: %w", err)
	}
	m := j.Marshal()
	var text string
	switch m.KTY {
	case jwkset.KtyRSA:
		text = fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, m.E, m.N)
	case jwkset.KtyEC:
		text = fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, m.CRV, m.X, m.Y)
	default:
		text = fmt.Sprintf(`{"crv":%q,"kty":"OKP","x":%q}`, m.CRV, m.X)
	}
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
