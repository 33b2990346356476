package identity

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/nova-social/nova-streams/api"
)

// Grant is what a token for development says.
type Grant struct {
	Issuer, Audience, Subject string
	Role                      api.Role
	ID                        string // jti
	IssuedAt                  time.Time
	TTL                       time.Duration
}

// GenerateKey returns a private key for an algorithm: RS256, ES256 or EdDSA.
func GenerateKey(alg string) (crypto.Signer, error) {
	switch alg {
	case jwt.SigningMethodRS256.Alg():
		return rsa.GenerateKey(rand.Reader, minBits)
	case jwt.SigningMethodES256.Alg():
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jwt.SigningMethodEdDSA.Alg():
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	default:
		return nil, fmt.Errorf("an algorithm must be RS256, ES256 or EdDSA, is %q", alg)
	}
}

// WriteKey writes a private key to path, for its owner only, and the public one to publicPath. It writes over neither.
func WriteKey(private crypto.Signer, path, publicPath string) error {
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return fmt.Errorf("encoding a private key: %w", err)
	}
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	if err != nil {
		return fmt.Errorf("encoding a public key: %w", err)
	}
	if err := writeNew(path, 0o600, &pem.Block{Type: "PRIVATE KEY", Bytes: secret}); err != nil {
		return err
	}
	return writeNew(publicPath, 0o644, &pem.Block{Type: "PUBLIC KEY", Bytes: public})
}

func writeNew(path string, mode os.FileMode, block *pem.Block) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	if err := errors.Join(pem.Encode(f, block), f.Close()); err != nil {
		return fmt.Errorf("writing a key: %w", err)
	}
	return nil
}

// ReadKey returns the private key of a file: PKCS #8 in PEM.
func ReadKey(path string) (crypto.Signer, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, fmt.Errorf("reading a private key: %s holds no PEM block PRIVATE KEY", path)
	}
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading a private key: %s: %w", path, err)
	}
	signer, ok := private.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("reading a private key: %s holds one that does not sign", path)
	}
	return signer, nil
}

// Issue returns a token signed by private, whose kid is the thumbprint of the key. It refuses what Callers would.
func Issue(private crypto.Signer, g Grant) (string, error) {
	k, err := newKey("", private.Public())
	if err != nil {
		return "", err
	}
	issued := seconds(g.IssuedAt.Unix())
	if err := (&claims{Subject: g.Subject, IssuedAt: &issued, ID: g.ID, Role: g.Role}).check(); err != nil {
		return "", err
	}
	t := jwt.NewWithClaims(k.method, jwt.MapClaims{
		"iss": g.Issuer, "aud": g.Audience, "sub": g.Subject, "role": g.Role, "jti": g.ID,
		"iat": g.IssuedAt.Unix(), "exp": g.IssuedAt.Add(g.TTL).Unix(),
	})
	t.Header["kid"] = k.kid
	text, err := t.SignedString(private)
	if err != nil {
		return "", fmt.Errorf("signing a token: %w", err)
	}
	return text, nil
}
