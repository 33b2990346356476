// Package identity tells who sent a token: a JWT in the header Authorization, signed by a key that is known here.
//
//	config.go   what a token must say, and where its keys are
//	token.go    a token taken apart, strictly; what it claims
//	key.go      a public key and the one algorithm it is used with
//	document.go keys of a JWKS document or a PEM file
//	keyring.go  the keys in force: overlap, and until when they may be used without being fetched again
//	source.go   fetching the JWKS document
//	callers.go  Callers: all of it together, with revocations
//	watches.go  streams that end with their token
//	develop.go  keys and tokens for development and tests
//	metrics.go
//
// The rules are those of RFC 8725. A key is used with exactly one algorithm, which follows from its type: RS256 for RSA of
// 2,048 bits or more, ES256 for P-256, EdDSA for Ed25519. A token chooses among the keys by kid and has no other say:
// jwk, jku, x5c and x5u of its header are not looked at. Signatures and times are checked by golang-jwt, keys read by
// jwkset; the text of a token is taken apart here, as neither refuses a name that comes twice.
//
// It fails closed. While the keys are older than max_stale, or the revocations have not been read, no token is good, and
// the error says that this is not the token's fault.
//
// It gives no tokens to users and keeps none: those come from an identity provider. An error never holds a token.
package identity
