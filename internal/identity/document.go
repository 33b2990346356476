package identity

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/MicahParks/jwkset"
	"github.com/go-json-experiment/json"
)

// maxDocument is the size of a JWKS document or a key file, in bytes.
const maxDocument = 256 << 10

// readDocument returns the keys of a JWKS document (RFC 7517) that can be used: signing keys of a type and size we take,
// for the algorithm of their type. Others are left out, as the RFC wants. A document without any, or with one kid twice,
// is refused.
func readDocument(text []byte) ([]key, error) {
	var doc struct {
		Keys []jwkset.JWKMarshal `json:"keys"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("reading a JWKS document: %w", err)
	}
	var keys []key
	for i := range doc.Keys {
		if k, ok := usable(&doc.Keys[i]); ok {
			keys = append(keys, k)
		}
	}
	return checked(keys)
}

// usable returns a key of a document, and false for one that is not for us. Certificates of it are not looked at.
func usable(m *jwkset.JWKMarshal) (key, bool) {
	if m.USE != "" && m.USE != jwkset.UseSig || len(m.KEYOPS) > 0 && !slices.Contains(m.KEYOPS, jwkset.KeyOpsVerify) {
		return key{}, false
	}
	bare := jwkset.JWKMarshal{KTY: m.KTY, CRV: m.CRV, X: m.X, Y: m.Y, N: m.N, E: m.E}
	j, err := jwkset.NewJWKFromMarshal(bare, jwkset.JWKMarshalOptions{}, jwkset.JWKValidateOptions{SkipMetadata: true})
	if err != nil {
		return key{}, false
	}
	k, err := newKey(m.KID, j.Key())
	if err != nil || m.ALG != "" && m.ALG.String() != k.method.Alg() {
		return key{}, false
	}
	return k, true
}

func checked(keys []key) ([]key, error) {
	if len(keys) == 0 {
		return nil, errors.New("there is no key for RS256, ES256 or EdDSA")
	}
	seen := map[string]bool{}
	for _, k := range keys {
		if seen[k.kid] {
			return nil, fmt.Errorf("two keys have the kid %.64q", k.kid)
		}
		seen[k.kid] = true
	}
	return keys, nil
}

// readBounded reads all, unless it is larger than any document of keys.
func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err == nil && len(text) > maxDocument {
		err = fmt.Errorf("keys must be at most %d bytes, are more", maxDocument)
	}
	return text, err
}

// readFile returns the keys of a file: a JWKS document, or public keys in PEM, each under its thumbprint.
func readFile(path string) ([]key, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("reading identity.key_files: %w", err)
	}
	defer file.Close()
	text, err := readBounded(file)
	if err != nil {
		return nil, fmt.Errorf("reading identity.key_files: %s: %w", path, err)
	}
	read := readPEM
	if bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		read = readDocument
	}
	keys, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("reading identity.key_files: %s: %w", path, err)
	}
	return keys, nil
}

func readPEM(text []byte) ([]key, error) {
	var keys []key
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "PUBLIC KEY" {
			return nil, fmt.Errorf("a block must be PUBLIC KEY, is %s", block.Type)
		}
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading a public key: %w", err)
		}
		k, err := newKey("", public)
		if err != nil {
			return nil, err
		}
		keys = append(keys, k)
	}
	return checked(keys)
}
