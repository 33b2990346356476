package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/nova-social/nova-streams/api"
)

// TestGood_tokens are taken: what follows is refused for what it is changed in.
func TestGood_tokens(t *testing.T) {
	callers := callersOf(t, newClock(), &revoked{})
	for alg, private := range keys() {
		for name, claims := range map[string]members{
			"plain":           goodClaims(),
			"service":         with(goodClaims(), members{"role": "service"}),
			"operator":        with(goodClaims(), members{"role": "operator"}),
			"audiences":       with(goodClaims(), members{"aud": []string{"other", "nova"}}),
			"nbf":             with(goodClaims(), members{"nbf": start.Unix()}),
			"within leeway":   with(goodClaims(), members{"exp": start.Add(-29 * time.Second).Unix()}),
			"fraction":        with(goodClaims(), members{"exp": float64(start.Unix()) + 0.5}),
			"other claims":    with(goodClaims(), members{"scope": "x", "nested": members{"a": []int{1}}}),
			"more of nothing": with(goodClaims(), members{"IAT": 7}),
		} {
			got, err := callers.Caller(t.Context(), sign(t, private, goodHeader(t, alg), claims))
			require.NoError(t, err, "%s, %s", alg, name)
			role, _ := claims["role"].(string)
			require.Equal(t, api.Caller{Subject: "u1", Role: api.Role(role)}, got)
		}
		for _, typ := range []string{"JWT", "jwt", "at+jwt", "application/at+jwt"} {
			_, err := callers.Caller(t.Context(), sign(t, private, with(goodHeader(t, alg), members{"typ": typ}), goodClaims()))
			require.NoError(t, err, typ)
		}
	}
	issued, err := Issue(keys()["EdDSA"], Grant{Issuer: "nova", Audience: "nova", Subject: "u1", Role: api.RoleUser, ID: "t", IssuedAt: start, TTL: time.Hour})
	require.NoError(t, err)
	_, err = callers.Caller(t.Context(), issued)
	require.NoError(t, err)
}

// TestAttacks has tokens that must not be taken, each with what a client is told. Whoever is named in one is never asked.
func TestAttacks(t *testing.T) {
	callers := callersOf(t, newClock(), &revoked{})
	var asked atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer elsewhere.Close()

	rsaKey, _ := keys()["RS256"].(*rsa.PrivateKey)
	ecKey, _ := keys()["ES256"].(*ecdsa.PrivateKey)
	edKey, _ := keys()["EdDSA"].(ed25519.PrivateKey)
	good := sign(t, edKey, goodHeader(t, "EdDSA"), goodClaims())
	parts := strings.Split(good, ".")
	header := func(changes members) string {
		return sign(t, edKey, with(goodHeader(t, "EdDSA"), changes), goodClaims())
	}
	claims := func(changes members) string {
		return sign(t, edKey, goodHeader(t, "EdDSA"), with(goodClaims(), changes))
	}
	text := func(m members) string { b, err := json.Marshal(m); require.NoError(t, err); return string(b) }
	der, err := x509.MarshalPKIXPublicKey(rsaKey.Public())
	require.NoError(t, err)
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	unsigned := func(alg string) string {
		return encode(t, with(goodHeader(t, "EdDSA"), members{"alg": alg})) + "." + parts[1] + "."
	}
	ecToken := sign(t, ecKey, goodHeader(t, "ES256"), goodClaims())
	ecParts := strings.Split(ecToken, ".")
	otherRSA, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	otherEC, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	_, otherEd, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	raw := func(r, s *big.Int) string {
		sig := make([]byte, 64)
		r.FillBytes(sig[:32])
		s.FillBytes(sig[32:])
		return ecParts[0] + "." + ecParts[1] + "." + b64(sig)
	}
	ecSignature := func() []byte {
		sig, err := jwt.SigningMethodES256.Sign(ecParts[0]+"."+ecParts[1], ecKey)
		require.NoError(t, err)
		return sig
	}()
	asASN1, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(ecSignature[:32]), new(big.Int).SetBytes(ecSignature[32:])})
	require.NoError(t, err)
	pss := func() string {
		signed := encode(t, with(goodHeader(t, "RS256"), members{"alg": "PS256"})) + "." + parts[1]
		sig, err := jwt.SigningMethodPS256.Sign(signed, rsaKey)
		require.NoError(t, err)
		return signed + "." + b64(sig)
	}()
	jwk := members{"kty": "OKP", "crv": "Ed25519", "x": b64(otherEd.Public().(ed25519.PublicKey)), "kid": "mine"}

	const (
		unknownAlg = "its algorithm is not RS256, ES256 or EdDSA"
		otherAlg   = "its algorithm is not that of its key"
		forged     = "its signature is not that of its key"
		noKey      = "no key has its kid"
		unreadable = "its claims cannot be read"
	)
	for name, attack := range map[string]struct{ token, reason string }{
		// without a signature
		"none":              {unsigned("none"), unknownAlg},
		"None":              {unsigned("None"), unknownAlg},
		"NONE":              {unsigned("NONE"), unknownAlg},
		"nOnE":              {unsigned("nOnE"), unknownAlg},
		"empty alg":         {unsigned(""), unknownAlg},
		"no alg":            {header(members{"alg": nil}), unknownAlg},
		"stripped":          {parts[0] + "." + parts[1] + ".", "its signature cannot be read"},
		"two parts":         {parts[0] + "." + parts[1], "it is not made of three parts"},
		"four parts":        {good + ".x", "it is not made of three parts"},
		"five parts, a JWE": {"e30.e30.e30.e30.e30", "it is not made of three parts"},
		"empty":             {"", "it is not made of three parts"},
		"dots":              {"..", "its header cannot be read"},

		// another algorithm than the key's
		"HS256 by the PEM":                           {sign(t, publicPEM, with(goodHeader(t, "RS256"), members{"alg": "HS256"}), goodClaims()), unknownAlg},
		"HS256 by the DER":                           {sign(t, der, with(goodHeader(t, "RS256"), members{"alg": "HS256"}), goodClaims()), unknownAlg},
		"HS256 by modulus":                           {sign(t, rsaKey.N.Bytes(), with(goodHeader(t, "RS256"), members{"alg": "HS256"}), goodClaims()), unknownAlg},
		"HS256 by the Ed25519 key, said to be EdDSA": {sign(t, []byte(edKey.Public().(ed25519.PublicKey)), goodHeader(t, "EdDSA"), goodClaims()), forged},
		"HS256 by an empty secret":                   {sign(t, []byte{}, with(goodHeader(t, "RS256"), members{"alg": "HS256"}), goodClaims()), unknownAlg},
		"PS256":                                      {pss, unknownAlg},
		"RS384":                                      {header(members{"alg": "RS384"}), unknownAlg},
		"ES512":                                      {header(members{"alg": "ES512"}), unknownAlg},
		"ES256K":                                     {header(members{"alg": "ES256K"}), unknownAlg},
		"rs256":                                      {header(members{"alg": "rs256"}), unknownAlg},
		"RSA key, said ES256":                        {sign(t, rsaKey, with(goodHeader(t, "RS256"), members{"alg": "ES256"}), goodClaims()), otherAlg},
		"EC key, said RS256":                         {sign(t, ecKey, with(goodHeader(t, "ES256"), members{"alg": "RS256"}), goodClaims()), otherAlg},
		"Ed key, said ES256":                         {header(members{"alg": "ES256"}), otherAlg},
		"alg is a list":                              {header(members{"alg": []string{"EdDSA"}}), "its header cannot be read"},
		"EC key's kid, by RSA":                       {sign(t, rsaKey, with(goodHeader(t, "RS256"), members{"kid": kidOf(t, ecKey)}), goodClaims()), otherAlg},

		// another key
		"by another RSA key":         {sign(t, otherRSA, goodHeader(t, "RS256"), goodClaims()), forged},
		"by another EC key":          {sign(t, otherEC, goodHeader(t, "ES256"), goodClaims()), forged},
		"by another Ed key":          {sign(t, otherEd, goodHeader(t, "EdDSA"), goodClaims()), forged},
		"by another key of its own":  {sign(t, otherEd, members{"alg": "EdDSA", "typ": "JWT", "kid": kidOf(t, otherEd)}, goodClaims()), noKey},
		"no kid where keys are many": {header(members{"kid": nil}), noKey},
		"empty kid":                  {header(members{"kid": ""}), noKey},
		"kid is a path":              {header(members{"kid": "../../../../dev/null"}), noKey},
		"kid is SQL":                 {header(members{"kid": "x' UNION SELECT 'secret"}), noKey},
		"kid is an address":          {header(members{"kid": elsewhere.URL}), noKey},
		"kid is huge":                {header(members{"kid": strings.Repeat("k", 257)}), "its kid has more than 256 bytes"},
		"kid is a number":            {header(members{"kid": 7}), "its header cannot be read"},
		"jwk":                        {sign(t, otherEd, members{"alg": "EdDSA", "typ": "JWT", "kid": "mine", "jwk": jwk}, goodClaims()), noKey},
		"jwk under a known kid":      {sign(t, otherEd, with(goodHeader(t, "EdDSA"), members{"jwk": jwk}), goodClaims()), forged},
		"jku":                        {sign(t, otherEd, with(goodHeader(t, "EdDSA"), members{"jku": elsewhere.URL}), goodClaims()), forged},
		"x5u":                        {sign(t, otherEd, with(goodHeader(t, "EdDSA"), members{"x5u": elsewhere.URL}), goodClaims()), forged},
		"x5c":                        {sign(t, otherEd, with(goodHeader(t, "EdDSA"), members{"x5c": []string{"MIIB"}}), goodClaims()), forged},

		// signatures that are none
		"r and s of 0":                {raw(new(big.Int), new(big.Int)), forged},
		"r of 0":                      {raw(new(big.Int), big.NewInt(1)), forged},
		"s is the order":              {raw(big.NewInt(1), elliptic.P256().Params().N), forged},
		"ASN.1":                       {ecParts[0] + "." + ecParts[1] + "." + b64(asASN1), forged},
		"signature cut":               {good[:len(good)-2], forged},
		"signature cut within a byte": {good[:len(good)-1], "its signature cannot be read"},
		"signature longer":            {good + "AAAA", forged},
		"signature of zeros":          {parts[0] + "." + parts[1] + "." + b64(make([]byte, 64)), forged},
		"claims swapped":              {parts[0] + "." + encode(t, with(goodClaims(), members{"sub": "u2"})) + "." + parts[2], forged},
		"header swapped":              {encode(t, with(goodHeader(t, "EdDSA"), members{"x": 1})) + "." + parts[1] + "." + parts[2], forged},
		"signature of an other":       {parts[0] + "." + parts[1] + "." + strings.Split(claims(members{"sub": "u2"}), ".")[2], forged},

		// other spellings
		"padded":                 {parts[0] + "." + parts[1] + "." + parts[2] + "=", "its signature cannot be read"},
		"plain base64":           {parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+/", "its signature cannot be read"},
		"space before":           {" " + good, "its header cannot be read"},
		"line break behind":      {good + "\n", "its signature cannot be read"},
		"line break within":      {parts[0] + "." + parts[1][:4] + "\n" + parts[1][4:] + "." + parts[2], unreadable},
		"JSON serialization":     {`{"payload":"` + parts[1] + `"}`, "it is not made of three parts"},
		"a claim twice":          {sign(t, edKey, goodHeader(t, "EdDSA"), strings.Replace(text(goodClaims()), "{", `{"sub":"root",`, 1)), unreadable},
		"alg twice":              {sign(t, edKey, strings.Replace(text(goodHeader(t, "EdDSA")), "{", `{"alg":"none",`, 1), goodClaims()), "its header cannot be read"},
		"more behind the claims": {sign(t, edKey, goodHeader(t, "EdDSA"), text(goodClaims())+"{}"), unreadable},
		"claims are null":        {sign(t, edKey, goodHeader(t, "EdDSA"), "null"), unreadable},
		"claims are a list":      {sign(t, edKey, goodHeader(t, "EdDSA"), "[]"), unreadable},
		"claims are not UTF-8":   {sign(t, edKey, goodHeader(t, "EdDSA"), "{\"sub\":\"\xff\"}"), unreadable},
		"header is null":         {sign(t, edKey, "null", goodClaims()), "its header cannot be read"},
		"deep":                   {sign(t, edKey, goodHeader(t, "EdDSA"), `{"x":`+strings.Repeat("[", 3000)), unreadable},
		"huge":                   {claims(members{"x": strings.Repeat("x", 8<<10)}), "it has more than 8192 bytes"},
		"crit":                   {header(members{"crit": []string{"exp"}}), "its header asks for what is not done here"},
		"zip":                    {header(members{"zip": "DEF"}), "its header asks for what is not done here"},
		"b64":                    {header(members{"b64": false}), "its header asks for what is not done here"},
		"typ of another kind":    {header(members{"typ": "dpop+jwt"}), "its typ is not JWT or at+jwt"},
		"an id token's typ":      {header(members{"typ": "id+jwt"}), "its typ is not JWT or at+jwt"},
		"no typ":                 {header(members{"typ": nil}), "its typ is not JWT or at+jwt"},

		// claims
		"expired":               {claims(members{"exp": start.Add(-31 * time.Second).Unix()}), "it has expired"},
		"no exp":                {claims(members{"exp": nil}), "it lacks iss, aud or exp"},
		"exp is text":           {claims(members{"exp": "4102444800"}), unreadable},
		"exp is huge":           {claims(members{"exp": 1e300}), "a time in it is out of range"},
		"exp is negative":       {claims(members{"exp": -1}), "a time in it is out of range"},
		"exp is null":           {sign(t, edKey, goodHeader(t, "EdDSA"), `{"iss":"nova","aud":"nova","sub":"u1","role":"user","jti":"t","iat":1800000000,"exp":null}`), "it lacks iss, aud or exp"},
		"not yet":               {claims(members{"nbf": start.Add(31 * time.Second).Unix()}), "it is not valid yet"},
		"issued in future":      {claims(members{"iat": start.Add(31 * time.Second).Unix()}), "it was issued in the future"},
		"no iat":                {claims(members{"iat": nil}), "it has no iat"},
		"other issuer":          {claims(members{"iss": "https://evil.example"}), "its iss is another"},
		"issuer in capitals":    {claims(members{"iss": "NOVA"}), "its iss is another"},
		"no issuer":             {claims(members{"iss": nil}), "it lacks iss, aud or exp"},
		"other audience":        {claims(members{"aud": "shop"}), "its aud is another"},
		"other audiences":       {claims(members{"aud": []string{"shop", "novas"}}), "its aud is another"},
		"no audience":           {claims(members{"aud": nil}), "it lacks iss, aud or exp"},
		"audience of nobody":    {claims(members{"aud": []string{}}), "it lacks iss, aud or exp"},
		"audience is an object": {claims(members{"aud": members{"nova": true}}), unreadable},
		"no sub":                {claims(members{"sub": nil}), "its sub must have from 1 to 256 bytes"},
		"huge sub":              {claims(members{"sub": strings.Repeat("u", 257)}), "its sub must have from 1 to 256 bytes"},
		"sub is a number":       {claims(members{"sub": 7}), unreadable},
		"no jti":                {claims(members{"jti": nil}), "its jti must have from 1 to 256 bytes"},
		"jti of a user":         {claims(members{"jti": "user:u1"}), "its jti must not begin with user:"},
		"no role":               {claims(members{"role": nil}), "its role is not user, service or operator"},
		"role admin":            {claims(members{"role": "admin"}), "its role is not user, service or operator"},
		"roles":                 {claims(members{"role": []string{"user", "service"}}), unreadable},
		"role in capitals":      {claims(members{"role": "Service"}), "its role is not user, service or operator"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := callers.Caller(t.Context(), attack.token)
			require.ErrorIs(t, err, api.ErrBadToken)
			require.EqualError(t, err, "api: the token is not valid: "+attack.reason)
			ended, cancel := callers.Revoked(attack.token)
			defer cancel()
			<-ended // nothing is kept open with it
		})
	}
	require.Zero(t, asked.Load(), "nobody is asked whom a token names")
}

// TestKeys_that_are_not_safe cannot be configured.
func TestKeys_that_are_not_safe(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	_, err = newKey("", small.Public())
	require.ErrorContains(t, err, "from 2048 to 8192 bits, has 1024")
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	_, err = newKey("", p384.Public())
	require.ErrorContains(t, err, "P-256")
	_, err = newKey("", []byte("secret"))
	require.ErrorContains(t, err, "must be RSA, P-256 or Ed25519")
}

// FuzzCaller sends any text as a token: none is taken that was not signed.
func FuzzCaller(f *testing.F) {
	k, err := GenerateKey("EdDSA")
	require.NoError(f, err)
	known, err := newKey("", k.Public())
	require.NoError(f, err)
	good := sign(f, k, members{"alg": "EdDSA", "typ": "JWT", "kid": known.kid}, goodClaims())
	for _, seed := range []string{good, "", "..", "e30.e30.e30", good + ".", strings.ToUpper(good), "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed)
	}
	cfg, public := DefaultConfig(), filepath.Join(f.TempDir(), "public.pem")
	require.NoError(f, WriteKey(k, public+".key", public))
	cfg.KeyFiles = []string{public}
	c, err := New(cfg, &revoked{}, newClock().now, nil, slog.New(slog.DiscardHandler))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, token string) {
		_, err := c.Caller(t.Context(), token)
		if token == good {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, api.ErrBadToken)
		}
	})
}
